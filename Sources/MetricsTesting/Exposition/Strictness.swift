/// How much of OpenMetrics 1.0 a text has to keep.
public enum Strictness: Sendable, Hashable {
    /// Everything that the specification demands (MUST): what an ingestor may refuse.
    case required
    /// Also what it recommends to whoever writes the text (SHOULD): metadata in the order TYPE, UNIT, HELP; `le` and
    /// `quantile` as canonical numbers (`1.0`, `1e-05`); no escapes but `\\`, `\"` and `\n`; a line feed after
    /// `# EOF`; no two points of a series with one timestamp, of which an ingestor would keep one.
    case recommended
}
