-- Progress against a target of 1,000 by the share of past years, as `pandas_ways.py` does it.
with past as (
    select indicator, area, substr(period, 6, 2) as month,
           avg(value / nullif(december, 0)) as share
    from (
        select o.*, last_value(value) over (
            partition by indicator, area, substr(period, 1, 4) order by period
            rows between unbounded preceding and unbounded following) as december
        from compare.observations o where period < '2026'
    ) years
    group by 1, 2, 3
)
select o.indicator, o.area, o.period, o.value as actual, 1000 * p.share as expected,
       o.value - 1000 * p.share as variance,
       case when o.value - 1000 * p.share >= 0 then 'on_track'
            when (o.value - 1000 * p.share) / 10 >= -10 then 'at_risk' else 'off_track' end as status
from compare.observations o join past p on p.indicator = o.indicator and p.area = o.area and p.month = substr(o.period, 6, 2)
where o.period >= '2026'
