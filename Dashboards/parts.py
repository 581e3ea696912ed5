"""What the dashboards are made of: pages, panels, queries, variables, links.

Every helper fixes what is the same on all dashboards, so that a dashboard's own file says only what it shows.
"""
from grafana_foundation_sdk.builders import bargauge as bargauge_builders
from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import heatmap as heatmap_builders
from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.builders import stat as stat_builders
from grafana_foundation_sdk.builders import statetimeline as statetimeline_builders
from grafana_foundation_sdk.builders import table as table_builders
from grafana_foundation_sdk.builders import timeseries as timeseries_builders
from grafana_foundation_sdk.models import common, dashboard, heatmap as heatmaps
from grafana_foundation_sdk.models.prometheus import PromQueryFormat, QueryEditorMode

TITLES = {
    "lab": "Lab",
    "service": "Service",
    "slo": "Objectives",
    "saturation": "Saturation",
    "probes": "Probes",
    "stack": "Stack",
}
# These choose among the application's jobs, so a choice is carried from one to the next.
OF_THE_APPLICATION = {"service", "slo", "saturation"}
PROMETHEUS, ALERTMANAGER, SINK = (f"http://127.0.0.1:{port}" for port in (9090, 9093, 5001))

SOURCE = dashboard.DataSourceRef(type_val="prometheus", uid="${datasource}")
GREEN, ORANGE, RED, BLUE = "green", "orange", "red", "blue"

# MARK: PromQL


def series(metric, more="", job="$job", instance="$instance"):
    """A metric's series of the chosen jobs and instances; ``more`` are further matchers."""
    return f'{metric}{{job=~"{job}",instance=~"{instance}"{more and ","}{more}}}'


def recorded(metric):
    """A recorded metric's series: those have no instance."""
    return f'{metric}{{job=~"$job"}}'


def rate(metric, more="", **chosen):
    return f"rate({series(metric, more, **chosen)}[$__rate_interval])"


def query(expression, legend="", exemplars=False):
    return (prometheus.Dataquery().expr(expression).legend_format(legend).exemplar(exemplars).range()
            .editor_mode(QueryEditorMode.CODE).datasource(SOURCE))


# MARK: Panels


def thresholds(*steps):
    """Green, and from each value on its colour: ``thresholds((0.5, ORANGE), (1.2, RED))``."""
    start = [] if steps and steps[0][0] is None else [(None, GREEN)]
    return (builders.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE)
            .steps([dashboard.Threshold(value, colour) for value, colour in (*start, *steps)]))


def states(**names):
    """What values are shown as: ``states(Down=(0, RED), Up=(1, GREEN))``."""
    return [dashboard.ValueMap(options={
        str(value): dashboard.ValueMappingResult(text=name.replace("_", " "), color=colour, index=index)
        for index, (name, (value, colour)) in enumerate(names.items())})]


UP_OR_DOWN = states(Down=(0, RED), Up=(1, GREEN))
FIRING = states(Firing=(1, RED))


def panel(builder, title, description, queries, unit, width, height, limits, no_value, decimals, mappings, see):
    """What all kinds of panels have."""
    builder.title(title).description(description).datasource(SOURCE).span(width).height(height)
    builder.targets([each.ref_id(chr(ord("A") + index)) for index, each in enumerate(queries)])
    if unit:
        builder.unit(unit)
    if mappings:
        builder.mappings(mappings)
    if no_value:
        builder.no_value(no_value)
    if decimals is not None:
        builder.decimals(decimals)
    builder.thresholds(thresholds(*limits))
    builder.links([link_to(uid) for uid in see])
    return builder


def instant(expression, legend=""):
    return query(expression, legend).instant()


def last_value():
    return common_builders.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False)


def stat(title, description, expression, unit, *, limits=(), width=3, height=4, no_value=None, decimals=None,
         mappings=None, see=()):
    """One number: the latest."""
    builder = stat_builders.Panel().graph_mode(common.BigValueGraphMode.NONE).reduce_options(last_value())
    builder.color_mode(common.BigValueColorMode.VALUE).text_mode(common.BigValueTextMode.VALUE)
    builder.color_scheme(builders.FieldColor().mode(dashboard.FieldColorModeId.THRESHOLDS))
    return panel(builder, title, description, [instant(expression, title)], unit, width, height, limits, no_value,
                 decimals, mappings, see)


def bars(title, description, queries, unit, *, limits=(), width=8, height=8, no_value=None, decimals=None, see=(),
         maximum=None):
    """One bar a series: the latest values, beside each other."""
    builder = bargauge_builders.Panel().orientation(common.VizOrientation.HORIZONTAL).reduce_options(last_value())
    builder.display_mode(common.BarGaugeDisplayMode.BASIC).show_unfilled(True).min(0)
    builder.color_scheme(builders.FieldColor().mode(dashboard.FieldColorModeId.THRESHOLDS))
    if maximum is not None:
        builder.max(maximum)
    return panel(builder, title, description, queries, unit, width, height, limits, no_value, decimals, None, see)


def lines(title, description, queries, unit, *, limits=(), width=8, height=8, no_value=None, decimals=None, see=(),
          stacked=False, logarithmic=False, least=0, most=None, colours=None):
    """Series over time. Limits are drawn as lines; ``colours`` maps regular expressions of legends to colours."""
    builder = timeseries_builders.Panel().min(least).line_width(0 if stacked else 1).fill_opacity(60 if stacked else 10)
    builder.color_scheme(builders.FieldColor().mode(dashboard.FieldColorModeId.PALETTE_CLASSIC))
    builder.show_points(common.VisibilityMode.NEVER)
    builder.legend(common_builders.VizLegendOptions().show_legend(True).placement(common.LegendPlacement.BOTTOM)
                   .display_mode(common.LegendDisplayMode.LIST).calcs([]))
    builder.tooltip(common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI)
                    .sort(common.SortOrder.DESCENDING))
    if most is not None:
        builder.max(most)
    if stacked:
        builder.stacking(common_builders.StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
    if logarithmic:
        builder.scale_distribution(
            common_builders.ScaleDistributionConfig().type(common.ScaleDistribution.LOG).log(10))
    if limits:
        builder.thresholds_style(
            common_builders.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED))
    for pattern, colour in (colours or {}).items():
        builder.override_by_regexp(pattern, [dashboard.DynamicConfigValue(
            "color", {"mode": "fixed", "fixedColor": colour})])
    return panel(builder, title, description, queries, unit, width, height, limits, no_value, decimals, None, see)


def heatmap(title, description, expression, unit, *, width=12, height=9, no_value=None, see=()):
    """A classic histogram over time: one row a bucket, the darker the more."""
    builder = heatmap_builders.Panel().calculate(False).cell_gap(1).exemplars_color("rgba(255,0,255,0.7)")
    builder.color(heatmap_builders.HeatmapColorOptions().mode(heatmaps.HeatmapColorMode.SCHEME).scheme("Oranges")
                  .fill("dark-orange").exponent(0.5).scale(heatmaps.HeatmapColorScale.EXPONENTIAL).steps(64))
    builder.y_axis(heatmap_builders.YAxisConfig().unit(unit).axis_placement(common.AxisPlacement.LEFT))
    builder.cell_values(heatmap_builders.CellValues().unit("short"))
    builder.rows_frame(heatmap_builders.RowsHeatmapOptions().layout(common.HeatmapCellLayout.AUTO))
    builder.mode(common.TooltipDisplayMode.SINGLE).show_y_histogram().show_legend()
    asked = query(expression, "{{le}}", exemplars=True).format(PromQueryFormat.HEATMAP)
    return panel(builder, title, description, [asked], "short", width, height, (), no_value, None, None, see)


def timeline(title, description, queries, *, mappings=None, width=12, height=8, no_value=None, see=()):
    """States over time, one strip a series."""
    builder = statetimeline_builders.Panel().merge_values(True).show_value(common.VisibilityMode.NEVER)
    builder.line_width(0).fill_opacity(80).row_height(0.8)
    builder.color_scheme(builders.FieldColor().mode(dashboard.FieldColorModeId.THRESHOLDS))
    builder.legend(common_builders.VizLegendOptions().show_legend(True).placement(common.LegendPlacement.BOTTOM)
                   .display_mode(common.LegendDisplayMode.LIST).calcs([]))
    return panel(builder, title, description, queries, "none", width, height, ((None, RED), (1, GREEN)), no_value,
                 None, mappings or UP_OR_DOWN, see)


def table(title, description, expression, columns, *, unit="none", width=12, height=8, no_value=None, see=()):
    """The latest values, one row a series. ``columns`` maps labels to headings; the others are left out."""
    builder = table_builders.Panel().show_header(True)
    order = {label: index for index, label in enumerate(columns)}
    builder.with_transformation(dashboard.DataTransformerConfig(
        id_val="filterFieldsByName", options={"include": {"names": list(columns)}}))
    builder.with_transformation(dashboard.DataTransformerConfig(
        id_val="organize", options={"excludeByName": {}, "indexByName": order, "renameByName": dict(columns)}))
    return panel(builder, title, description, [instant(expression).format(PromQueryFormat.TABLE)], unit, width,
                 height, (), no_value, None, None, see)


# MARK: Pages


def link(title, url, tooltip, carries_choice=False, external=False):
    return (builders.DashboardLink(title).type(dashboard.DashboardLinkType.LINK).url(url).tooltip(tooltip)
            .icon("external link" if external else "dashboard").target_blank(external)
            .keep_time(not external).include_vars(carries_choice))


def link_to(uid, carries_choice=False):
    return link(TITLES[uid], f"/d/{uid}", f"The dashboard {TITLES[uid]}", carries_choice)


def links_from(uid):
    return [
        *(link_to(other, {uid, other} <= OF_THE_APPLICATION) for other in TITLES if other != uid),
        link("Alerts", f"{PROMETHEUS}/alerts", "Prometheus: rules, and what is pending or firing", external=True),
        link("Silences", f"{ALERTMANAGER}/#/silences", "Alertmanager: what is silenced, and until when", external=True),
        link("Notifications", SINK, "The alert sink: what was delivered", external=True),
    ]


def datasource():
    return (builders.DatasourceVariable("datasource").label("Data source").type("prometheus")
            .description("Where the metrics are read from.")
            .current(dashboard.VariableOption(text="Prometheus", value="prometheus")))


def choice(name, label, metric, description, of=None, default=None):
    """A variable: the values of a label. Without a default, all of them are chosen."""
    asked = f"label_values({metric}, {of or name})"
    builder = (builders.QueryVariable(name).label(label).description(description).datasource(SOURCE).query(asked)
               .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
               .sort(dashboard.VariableSort.ALPHABETICAL_ASC).multi(True).include_all(default is None).all_value(".+"))
    text, value = ([default], [default]) if default else (["All"], ["$__all"])
    return builder.current(dashboard.VariableOption(text=text, value=value))


def job(metric, description, **more):
    return choice("job", "Job", metric, description, **more)


def instance(metric, description="Instances of the chosen jobs."):
    return choice("instance", "Instance", f'{metric}{{job=~"$job"}}', description)


def alerts(name, severity, colour):
    return (builders.AnnotationQuery().name(name).datasource(SOURCE).enable(True).icon_color(colour)
            .expr(f'max by (alertname) (ALERTS{{alertstate="firing",severity="{severity}"}})'))


def page(uid, description, variables, *rows, shows_alerts=True, since="now-15m"):
    """A dashboard. A row is a title, or None at the top, and panels, whose widths add up to 24 a line."""
    builder = (builders.Dashboard(f"Sightline: {TITLES[uid]}").uid(uid).description(description).tags(["sightline"])
               .readonly().tooltip(dashboard.DashboardCursorSync.CROSSHAIR).refresh("5s").time(since, "now")
               .timezone("browser").links(links_from(uid)).variables([datasource(), *variables]))
    if shows_alerts:
        builder.annotations([alerts("Pages", "page", RED), alerts("Tickets", "ticket", ORANGE)])
    ids = iter(range(1, 1000))
    for title, *panels in rows:
        if title:
            builder.with_row(builders.Row(title).id(next(ids)))
        for each in panels:
            builder.with_panel(each.id(next(ids)))
    return builder.build()
