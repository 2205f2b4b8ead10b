"""Whole plans of places nobody knows, in the habits of real ones, each paragraph with the truth written down before the draft read it.

A truth is `kind comparator value unit`, several joined by ` | `, as in `foreignsentences`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Paper:
    """A plan: its title, the line its pages carry above, and its paragraphs with their truths."""

    title: str
    header: str
    parts: tuple[tuple[str, str], ...]

    @property
    def body(self) -> tuple[str, ...]:
        return tuple(text for text, _ in self.parts)

    @property
    def truth(self) -> str:
        return " | ".join(truth for _, truth in self.parts if truth)


COUNTY = Paper(
    "云岭县2025年国民经济和社会发展计划执行情况与2026年计划草案的报告",
    "云岭县第十八届人民代表大会第六次会议文件（5）",
    (
        ("一、2025年国民经济和社会发展计划执行情况", ""),
        (
            "2025年，全县上下迎难而上，预计地区生产总值突破180亿元，增长6.3%；规上工业增加值增长9.1%；城镇新增就业4200人。",
            "",
        ),
        ("（一）产业发展稳中有进。新增规上工业企业11家，粮食产量达到21.6万吨，完成高标准农田4万亩。", ""),
        ("（二）民生福祉持续增进。民生支出占比保持在78%以上，改造老旧小区17个，惠及群众3200户。", ""),
        ("同时，仍存在工业占比偏低、3个重点项目进度滞后等问题。", ""),
        ("二、2026年国民经济和社会发展主要目标", ""),
        (
            "综合考虑各方面因素，建议2026年主要预期目标为：地区生产总值增长6.5%左右，固定资产投资增长8%以上，规上工业增加值增长9%，"
            "社会消费品零售总额增长6.5%，一般公共预算收入同口径增长4%，城镇、农村居民人均可支配收入分别增长5.5%、7%，"
            "城镇调查失业率控制在5.5%以内，居民消费价格涨幅控制在2%左右，单位地区生产总值能耗降低完成市下达任务。",
            "growth about 6.5 % | growth ge 8 % | growth ge 9 % | growth ge 6.5 % | growth ge 4 % | growth ge 5.5 % | growth ge 7 % | "
            "hold le 5.5 % | growth about 2 % | assigned ge - -",
        ),
        ("三、2026年主要任务", ""),
        ("（一）聚力项目建设，夯实发展支撑", ""),
        (
            "1.扩大有效投资。实施市级以上重点项目46个，年度完成投资38亿元以上；加快总投资23亿元的抽水蓄能、12亿元的绿色建材等项目建设。"
            "向上争取资金不少于15亿元。",
            "cumulative ge 46 个 | cumulative ge 38 亿元 | cumulative ge 15 亿元",
        ),
        (
            "2.强化招商引资。全年新签约亿元以上项目25个，到位资金45亿元，项目开工率、投产率分别达到80%和55%以上。",
            "cumulative ge 25 个 | cumulative ge 45 亿元 | reach ge 80 % | reach ge 55 %",
        ),
        ("（二）聚力产业升级，构建现代体系", ""),
        (
            "1.做强工业经济。净增规上工业企业8家以上，技改投资增长20%，战略性新兴产业产值占比提高3个百分点。力争到2030年工业总产值达到500亿元。",
            "cumulative ge 8 家 | growth ge 20 % | change_pp ge 3 百分点 | cumulative ge 500 亿元",
        ),
        (
            "2.壮大现代农业。粮食播种面积稳定在38万亩以上，产量稳定在21万吨左右，新建高标准农田3.5万亩，培育省级以上龙头企业2—3家，"
            "茶叶综合产值突破20亿元。",
            "hold ge 38 万亩 | hold about 21 万吨 | cumulative ge 3.5 万亩 | cumulative range 2 家 | cumulative gt 20 亿元",
        ),
        (
            "3.提升文旅品质。接待游客650万人次、实现旅游综合收入58亿元，均增长12%以上；创建国家4A级旅游景区1家。",
            "cumulative ge 650 万人次 | cumulative ge 58 亿元 | growth ge 12 % | growth ge 12 % | cumulative ge 1 家",
        ),
        ("（三）聚力民生改善，增进群众福祉", ""),
        (
            "1.稳定扩大就业。城镇新增就业4000人以上，开展职业技能培训五千人次，零就业家庭动态清零。",
            "cumulative ge 4000 人 | cumulative ge 5 千人次 | bottom_line eq - -",
        ),
        (
            "2.办好社会事业。新改扩建学校6所，新增学位1800个；每千人口执业（助理）医师数达到3.2人，人均预期寿命提高到79.8岁；"
            "新建乡镇（街道）综合养老服务中心4个，养老机构护理型床位占比不低于60%。",
            "cumulative ge 6 所 | cumulative ge 1800 个 | reach ge 3.2 人 | reach ge 79.8 岁 | cumulative ge 4 个 | hold ge 60 %",
        ),
        (
            "3.守牢生态底线。空气质量优良天数比例稳定在97%以上，PM2.5平均浓度控制在24微克/立方米以内，"
            "国考断面水质优良率100%，森林覆盖率提高到71.2%，万元地区生产总值用水量下降4%以上。",
            "hold ge 97 % | hold le 24 微克/立方米 | hold eq 100 % | reach ge 71.2 % | growth le -4 %",
        ),
    ),
)

ZONE = Paper(
    "临港经济技术开发区2026年工作要点",
    "临港经济技术开发区管理委员会文件",
    (
        (
            "2026年是“十五五”开局之年。全区工作的总体要求是：坚持稳中求进工作总基调，落实“1+4+6”工作体系，锚定“三年翻番、五年千亿”目标。",
            "",
        ),
        ("主要预期目标是：", ""),
        ("——规上工业总产值突破900亿元，同比增长15%以上；", "cumulative gt 900 亿元 | growth ge 15 %"),
        ("——固定资产投资增长12%，其中工业投资占比不低于70%；", "growth ge 12 % | hold ge 70 %"),
        ("——一般公共预算收入完成26.5亿元，税收占比达到88%以上；", "cumulative ge 26.5 亿元 | reach ge 88 %"),
        ("——外贸进出口总额达到210亿元，实际使用外资1.8亿美元；", "cumulative ge 210 亿元 | cumulative ge 1.8 亿美元"),
        ("——亩均税收提高到28万元/亩，单位工业增加值能耗下降4%左右。", "reach ge 28 万元/亩 | growth about -4 %"),
        ("第一节 全力以赴抓招商", ""),
        (
            "围绕3条主导产业链，组建5支招商小分队，外出招商不少于60批次，签约亿元以上产业项目40个，其中50亿元以上项目2个、百亿级项目1个。"
            "市外到位资金增长10%以上，增速高于全市平均水平2个百分点。",
            "cumulative ge 5 支 | cumulative ge 60 批次 | cumulative ge 40 个 | cumulative ge 2 个 | cumulative ge 1 个 | growth ge 10 % | relative gt - 百分点",
        ),
        ("第二节 千方百计上项目", ""),
        (
            "全年开工项目35个、竣工28个、达产20个。推动年产20万吨高端铜箔、总投资31亿元的海缆基地等项目上半年投产。"
            "建成标准厂房30万平方米，盘活低效用地1200亩、闲置厂房8万平方米。",
            "cumulative ge 35 个 | cumulative ge 28 个 | cumulative ge 20 个 | cumulative ge 30 万平方米 | cumulative ge 1200 亩 | cumulative ge 8 万平方米",
        ),
        ("第三节 坚持不懈强创新", ""),
        (
            "全社会研发经费投入强度达到3.6%，新增高新技术企业30家、科技型中小企业90家，规上工业企业研发机构覆盖率提升至65%。"
            "引进高层次人才（团队）15个，授权发明专利200件以上。",
            "reach ge 3.6 % | cumulative ge 30 家 | cumulative ge 90 家 | reach ge 65 % | cumulative ge 15 个 | cumulative ge 200 件",
        ),
        ("第四节 用心用情优服务", ""),
        (
            "企业开办时间压缩至4小时以内，工程建设项目审批时限再压减20%，惠企政策兑现率100%，12345热线满意率保持全市前三。"
            "生产安全事故起数下降10%以上，亿元GDP生产安全事故死亡率控制在0.01以内。",
            "reach le 4 小时 | growth le -20 % | hold eq 100 % | rank rank_le 3 位 | growth le -10 % | hold le 0.01 -",
        ),
    ),
)

REPORT = Paper(
    "政府工作报告",
    "政府工作报告",
    (
        ("——2026年1月15日在松原河市第九届人民代表大会第五次会议上", ""),
        ("各位代表：现在，我代表市人民政府向大会报告工作，请予审议。", ""),
        ("一、2025年工作回顾", ""),
        (
            "过去一年，我们坚持项目为王，亿元以上项目完成投资430亿元，增长11%。全市高新技术企业达到320家，净增41家。"
            "城乡居民收入分别增长4.9%和6.4%。十件民生实事全部办结。",
            "",
        ),
        ("二、2026年总体要求和目标任务", ""),
        (
            "今年经济社会发展主要预期目标是：经济增长6%以上，在实际工作中争取更好结果；粮食产量88亿斤左右；新增城镇就业5万人以上；"
            "居民收入增长与经济增长基本同步；进出口总额增速不低于全省平均水平；节能减排指标完成省定目标。",
            "growth ge 6 % | cumulative about 88 亿斤 | cumulative ge 5 万人 | relative about - 百分点 | relative ge - 百分点 | assigned ge - -",
        ),
        ("三、2026年重点工作", ""),
        (
            "（一）坚定不移扩内需。一是促消费。举办促消费活动100场以上，发放消费券3000万元，社零总额增长6%。二是扩投资。"
            "亿元以上项目开复工380个以上，完成投资500亿元，民间投资占比超过55%。",
            "cumulative ge 100 场 | cumulative ge 3000 万元 | growth ge 6 % | cumulative ge 380 个 | cumulative ge 500 亿元 | reach gt 55 %",
        ),
        (
            "（二）坚定不移强工业。规上工业企业突破600家，食品、装备、化工三大产业产值分别增长8%、12%、6%。数字化转型覆盖面达到七成以上，"
            "新建省级智能工厂4个，单位工业增加值能耗下降3.5%。",
            "reach gt 600 家 | growth ge 8 % | growth ge 12 % | growth ge 6 % | reach ge 70 % | cumulative ge 4 个 | growth le -3.5 %",
        ),
        (
            "（三）坚定不移兴乡村。新建和改造提升高标准农田60万亩，黑土地保护面积扩大到300万亩，秸秆综合利用率达到95%，"
            "脱贫人口收入增速高于全市农民平均水平，牢牢守住不发生规模性返贫底线。",
            "cumulative ge 60 万亩 | reach ge 300 万亩 | reach ge 95 % | relative gt - 百分点 | bottom_line eq - -",
        ),
        (
            "（四）坚定不移惠民生。城市更新改造老旧小区45个、棚户区1300套、供热管网80公里，新增停车泊位4000个。"
            "城乡低保标准分别提高5%和8%。孕产妇死亡率控制在10/10万以下，婴儿死亡率控制在4‰以下。"
            "生产安全事故死亡人数下降5%，坚决遏制重特大事故。",
            "cumulative ge 45 个 | cumulative ge 1300 套 | cumulative ge 80 公里 | cumulative ge 4000 个 | growth ge 5 % | growth ge 8 % | "
            "hold le 10 /10万 | hold le 4 ‰ | growth le -5 % | bottom_line eq - -",
        ),
        ("各位代表！让我们只争朝夕、不负韶华，为夺取“十五五”良好开局而努力奋斗！", ""),
    ),
)

PAPERS = {"county": COUNTY, "zone": ZONE, "report": REPORT}
