-- Every verdict by which an edition differs from the edition before of its month, with its cause.
CREATE VIEW bi.edition_changes AS
SELECT e.plan_id, e.plan_year, e.period, e.number AS edition_number, b.number AS edition_number_before,
       c.target_id, c.area, a.name_zh AS area_zh, t.name_zh, t.name_en,
       c.status_before, sb.label_zh AS status_before_zh, c.status_after, sa.label_zh AS status_after_zh,
       c.status_before IS DISTINCT FROM c.status_after AS status_changed,
       c.actual_before, c.actual_after, c.variance_before, c.variance_after, c.unit, c.columns AS changed_columns,
       c.cause, CASE c.cause WHEN 'amended_target' THEN '指标调整' WHEN 'new_data' THEN '新增数据' WHEN 'revision' THEN '数据修订'
           WHEN 'changed_rule' THEN '规则变更' WHEN 'reporting' THEN '报送状态变化' ELSE '原因不明' END AS cause_zh, c.detail -> c.cause AS cause_detail,
       c.causes, c.detail AS causes_detail,
       e.published_at, e.edition_id
FROM mart.edition_changes c
JOIN mart.editions e USING (edition_id)
JOIN mart.editions b ON b.edition_id = e.previous_edition
LEFT JOIN core.status_labels sb ON sb.status = c.status_before
LEFT JOIN core.status_labels sa ON sa.status = c.status_after
LEFT JOIN core.areas a ON a.area_id = c.area
LEFT JOIN LATERAL (
    SELECT t.name_zh, t.name_en FROM core.targets t
    WHERE t.plan_id = e.plan_id AND t.version IN (e.targets_version, b.targets_version)
      AND t.target_id = c.target_id AND t.area = c.area
    ORDER BY t.version = e.targets_version DESC LIMIT 1) t ON true;

-- The vintages that an edition was judged by, as they then stood and still stand.
CREATE VIEW bi.edition_inputs AS
SELECT e.plan_id, e.plan_year, e.period AS edition_period, e.number AS edition_number, i.observation_id,
       o.indicator, o.area, o.period, o.span, o.measure, o.value, o.unit, o.quality, o.origin, o.published_at, o.feed,
       o.source, o.release_sha256, e.edition_id
FROM mart.editions e
JOIN mart.edition_vintages i USING (edition_id)
JOIN mart.vintages o ON o.observation_id = i.observation_id AND o.plan_year <= e.plan_year;
