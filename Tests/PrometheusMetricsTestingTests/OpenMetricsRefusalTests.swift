import PrometheusMetricsTesting
import Testing

/// What OpenMetrics 1.0 forbids, one breach a text.
@Suite struct OpenMetricsRefusalTests {
    private func check(_ text: TextCase) {
        text.check { text throws(ExpositionError) in try ParsedExposition(openMetrics: text, strictness: .required) }
    }

    @Test(arguments: [
        TextCase("", 1, "without '# EOF'"),
        TextCase("|", 1, "blank"),
        TextCase("a 1|", 1, "without '# EOF'"),
        TextCase("a 1||# EOF|", 2, "blank"),
        TextCase("a 1|# EOF||", 3, "nothing may follow"),
        TextCase("a 1|# EOF|b 1|", 3, "nothing may follow"),
        TextCase("a 1|# EOFb|", 2, "no comments"),
        TextCase("a 1|# EOF |", 2, "end of the line"),
        TextCase("a 1|# eof|", 2, "no comments"),
        TextCase("# a comment|# EOF|", 1, "no comments"),
        TextCase("#TYPE a gauge|# EOF|", 1, "one space behind '#'"),
        TextCase("#|# EOF|", 1, "one space behind '#'"),
        TextCase(" a 1|# EOF|", 1, "a metric name"),
        TextCase("\u{FEFF}a 1|# EOF|", 1, "a metric name"),
        TextCase("a 1\r|# EOF|", 1, "'1\r'"),
        TextCase("# HELP a b\r|# EOF|", 1, "carriage return"),
        TextCase("a{b=\"c\"} 1\r|# EOF|", 1, "'1\r'"),
    ]) func refusesAnotherFrame(text: TextCase) { check(text) }

    @Test(arguments: [
        TextCase("0a 1|# EOF|", 1, "a metric name"),
        TextCase("a.b 1|# EOF|", 1, "one space and the value"),
        TextCase("é 1|# EOF|", 1, "a metric name"),
        TextCase("_a 1|# EOF|", 1, "reserves"),
        TextCase("# TYPE _a gauge|# EOF|", 1, "reserves"),
        TextCase("a{b} 1|# EOF|", 1, "'=' behind the label name 'b'"),
        TextCase("a{b=} 1|# EOF|", 1, "'b' in double quotes"),
        TextCase("a{b=c} 1|# EOF|", 1, "'b' in double quotes"),
        TextCase("a{b='c'} 1|# EOF|", 1, "'b' in double quotes"),
        TextCase("a{b=\"c} 1|# EOF|", 1, "'b' has no closing double quote"),
        TextCase("a{b=\"c|\"} 1|# EOF|", 1, "'b' has no closing double quote"),
        TextCase("a{b=\"c\\|\"} 1|# EOF|", 1, "escapes nothing"),
        TextCase("a{b=\"c\" 1|# EOF|", 1, "',' or '}'"),
        TextCase("a{b=\"c\"d=\"e\"} 1|# EOF|", 1, "',' or '}'"),
        TextCase("a{b=\"c\",,d=\"e\"} 1|# EOF|", 1, "a label name"),
        TextCase("a{,b=\"c\"} 1|# EOF|", 1, "a label name"),
        TextCase("a{b=\"c\",} 1|# EOF|", 1, "no ',' behind the last label"),
        TextCase("a{b=\"c\", d=\"e\"} 1|# EOF|", 1, "a label name"),
        TextCase("a{ b=\"c\"} 1|# EOF|", 1, "a label name"),
        TextCase("a{b =\"c\"} 1|# EOF|", 1, "'='"),
        TextCase("a{0=\"c\"} 1|# EOF|", 1, "a label name"),
        TextCase("a{b:c=\"d\"} 1|# EOF|", 1, "'='"),
        TextCase("a{b=\"c\",b=\"d\"} 1|# EOF|", 1, "'b' occurs twice"),
        TextCase("a{_b=\"c\"} 1|# EOF|", 1, "reserves"),
        TextCase("a{__name__=\"c\"} 1|# EOF|", 1, "reserves"),
    ]) func refusesOtherNamesAndLabels(text: TextCase) { check(text) }

    @Test(arguments: [
        TextCase("a|# EOF|", 1, "the value"),
        TextCase("a |# EOF|", 1, "the value"),
        TextCase("a  1|# EOF|", 1, "the value"),
        TextCase("a\t1|# EOF|", 1, "the value"),
        TextCase("a {b=\"c\"} 1|# EOF|", 1, "'{b=\"c\"}'"),
        TextCase("a{b=\"c\"}1|# EOF|", 1, "one space and the value"),
        TextCase("a 1 |# EOF|", 1, "the timestamp"),
        TextCase("a 1\t|# EOF|", 1, "'1\t'"),
        TextCase("a b|# EOF|", 1, "'b'"),
        TextCase("a 1_000|# EOF|", 1, "'1_000'"),
        TextCase("a 0x1|# EOF|", 1, "'0x1'"),
        TextCase("a 0x1p3|# EOF|", 1, "'0x1p3'"),
        TextCase("a .|# EOF|", 1, "'.'"),
        TextCase("a -|# EOF|", 1, "'-'"),
        TextCase("a 1e|# EOF|", 1, "'1e'"),
        TextCase("a e1|# EOF|", 1, "'e1'"),
        TextCase("a --1|# EOF|", 1, "'--1'"),
        TextCase("a 1e999|# EOF|", 1, "that a double can hold"),
        TextCase("a -NaN|# EOF|", 1, "'-NaN'"),
        TextCase("a nan(1)|# EOF|", 1, "'nan(1)'"),
        TextCase("a infinit|# EOF|", 1, "'infinit'"),
        TextCase("a 1 b|# EOF|", 1, "'b'"),
        TextCase("a 1 NaN|# EOF|", 1, "no time"),
        TextCase("a 1 +Inf|# EOF|", 1, "no time"),
        TextCase("a 1  2|# EOF|", 1, "the timestamp"),
        TextCase("a 1 2 |# EOF|", 1, "an exemplar"),
        TextCase("a 1 2 3|# EOF|", 1, "an exemplar"),
    ]) func refusesOtherNumbersAndSpaces(text: TextCase) { check(text) }

    @Test(arguments: [
        TextCase("# TYPE|# EOF|", 1, "a metric name"),
        TextCase("# TYPE |# EOF|", 1, "a metric name"),
        TextCase("# TYPE a|# EOF|", 1, "the text of TYPE"),
        TextCase("# TYPE a |# EOF|", 1, "''"),
        TextCase("# TYPE a meh|# EOF|", 1, "'meh'"),
        TextCase("# TYPE a Gauge|# EOF|", 1, "'Gauge'"),
        TextCase("# TYPE a untyped|# EOF|", 1, "'untyped'"),
        TextCase("# TYPE a gauge |# EOF|", 1, "end of the line"),
        TextCase("# HELP a|# EOF|", 1, "the text of HELP"),
        TextCase("# HELP a \"b\"|# EOF|", 1, "double quote"),
        TextCase("# HELP a b\\|# EOF|", 1, "escapes nothing"),
        TextCase("# UNIT a_s|# EOF|", 1, "the text of UNIT"),
        TextCase("# UNIT a_s s |# EOF|", 1, "end of the line"),
        TextCase("# UNIT a s|# EOF|", 1, "'s' is not the end of the name 'a'"),
        TextCase("# UNIT as s|# EOF|", 1, "'s' is not the end of the name 'as'"),
        TextCase("# UNIT s s|# EOF|", 1, "'s' is not the end of the name 's'"),
        TextCase("# TYPE \"a_é\" gauge|# UNIT \"a_é\" é|# EOF|", 2, "other characters"),
        TextCase("# TYPE a_s info|# UNIT a_s s|# EOF|", 2, "no unit"),
        TextCase("# UNIT a_s s|# TYPE a_s stateset|# EOF|", 2, "no unit"),
        TextCase("# TYPE a gauge|# TYPE a gauge|# EOF|", 2, "a second TYPE"),
        TextCase("# HELP a |# HELP a |# EOF|", 2, "a second HELP"),
        TextCase("# UNIT a_s s|# UNIT a_s s|# EOF|", 2, "a second UNIT"),
        TextCase("# TYPE a gauge|a 1|# HELP a b|# EOF|", 3, "behind its samples"),
        TextCase("# HELP a b|a 1|# TYPE a gauge|# EOF|", 3, "behind its samples"),
        TextCase("a 1|# TYPE a gauge|# EOF|", 2, "behind its samples"),
        TextCase("# TYPE a gauge|# TYPE b gauge|# HELP a c|# EOF|", 3, "'a' began on line 1"),
    ]) func refusesOtherMetadata(text: TextCase) { check(text) }

    @Test(arguments: [
        TextCase("# TYPE a gauge|a 1|# TYPE b gauge|b 1|a{c=\"d\"} 1|# EOF|", 5, "'a' began on line 1"),
        TextCase("a 1|b 1|a{c=\"d\"} 1|# EOF|", 3, "'a' began on line 1"),
        TextCase("# TYPE a counter|a_total 1|b 1|a_total{c=\"d\"} 1|# EOF|", 4, "'a' of line 1"),
        TextCase("# TYPE a_created gauge|# TYPE a counter|# EOF|", 2, "'a_created' of line 1"),
        TextCase("# TYPE a counter|# TYPE a_total gauge|# EOF|", 2, "'a' of line 1"),
        TextCase("# TYPE a histogram|# TYPE a_count gauge|# EOF|", 2, "'a' of line 1"),
        TextCase("# TYPE a summary|# TYPE a_sum gauge|# EOF|", 2, "'a' of line 1"),
        TextCase("# TYPE a gaugehistogram|# TYPE a_gcount gauge|# EOF|", 2, "'a' of line 1"),
        TextCase("# TYPE a info|# TYPE a_info gauge|# EOF|", 2, "'a' of line 1"),
        TextCase("# TYPE a counter|a 1|# EOF|", 2, "'a_created', 'a_total'"),
        TextCase("# TYPE a histogram|a{le=\"+Inf\"} 1|# EOF|", 2, "'a_bucket', 'a_count', 'a_created', 'a_sum'"),
        TextCase("# TYPE a info|a 1|# EOF|", 2, "'a_info'"),
    ]) func refusesFamiliesThatClashOrAreTorn(text: TextCase) { check(text) }

    @Test(arguments: [
        TextCase("a 1|a 1|# EOF|", 2, "'a' occurs twice"),
        TextCase("a{b=\"c\",d=\"e\"} 1|a{d=\"e\",b=\"c\"} 2|# EOF|", 2, "occurs twice"),
        TextCase("a{b=\"\"} 1|a 2|# EOF|", 2, "'a' occurs twice"),
        TextCase("a{b=\"c\"} 1|a 1|a{b=\"c\"} 1|# EOF|", 3, "occurs twice"),
        TextCase("# TYPE a counter|a_total 1|a_created 2|a_total 1|# EOF|", 4, "occurs twice"),
        TextCase("# TYPE a stateset|a{a=\"b\"} 1|a{a=\"b\"} 1|# EOF|", 3, "occurs twice"),
        TextCase("# TYPE a info|a_info{b=\"c\"} 1|a_info{b=\"d\"} 1|a_info{b=\"c\"} 1|# EOF|", 4, "occurs twice"),
        TextCase("# TYPE a summary|a{quantile=\"1.0\"} 1|a{quantile=\"1\"} 1|# EOF|", 3, "occurs twice"),
        TextCase(
            "# TYPE a counter|a_total{b=\"c\"} 1|a_total{b=\"d\"} 1|a_created{b=\"c\"} 1|# EOF|", 4,
            "began on line 2"),
        TextCase("a 1 2|a 1 1|# EOF|", 2, "go backwards"),
        TextCase("a 1 -1|a 1 -1.5|# EOF|", 2, "go backwards"),
        TextCase("a 1|a 1 1|# EOF|", 2, "a timestamp and others without"),
        TextCase("# TYPE a counter|a_total 1 1|a_created 1|# EOF|", 3, "a timestamp and others without"),
        TextCase("# TYPE a info|a_info{b=\"c\"} 1 2|a_info{b=\"c\"} 1 1|# EOF|", 3, "go backwards"),
    ]) func refusesSeriesThatRepeatOrAreTorn(text: TextCase) { check(text) }

    @Test(arguments: [
        TextCase("# TYPE a counter|a_total -1|# EOF|", 2, "neither negative nor NaN"),
        TextCase("# TYPE a counter|a_total NaN|# EOF|", 2, "neither negative nor NaN"),
        TextCase("# TYPE a counter|a_created 1|# EOF|", 2, "no '_total' beside it"),
        TextCase("# TYPE a counter|a_total 1|a_created NaN|# EOF|", 3, "no time"),
        TextCase("# TYPE a info|a_info 2|# EOF|", 2, "always 1"),
        TextCase("# TYPE a stateset|a{a=\"b\"} 0.5|# EOF|", 2, "0 or 1"),
        TextCase("# TYPE a stateset|a 1|# EOF|", 2, "no label 'a'"),
        TextCase("# TYPE a stateset|a{a=\"\"} 1|# EOF|", 2, "no label 'a'"),
        TextCase("# TYPE a summary|a 1|# EOF|", 2, "no label 'quantile'"),
        TextCase("# TYPE a summary|a{quantile=\"x\"} 1|# EOF|", 2, "from 0 to 1"),
        TextCase("# TYPE a summary|a{quantile=\"NaN\"} 1|# EOF|", 2, "from 0 to 1"),
        TextCase("# TYPE a summary|a{quantile=\"-0.1\"} 1|# EOF|", 2, "from 0 to 1"),
        TextCase("# TYPE a summary|a{quantile=\"1.01\"} 1|# EOF|", 2, "from 0 to 1"),
        TextCase("# TYPE a summary|a{quantile=\"0.5\"} -1|# EOF|", 2, "no quantile is negative"),
        TextCase("# TYPE a summary|a_sum NaN|# EOF|", 2, "neither negative nor NaN"),
        TextCase("# TYPE a summary|a_sum -1|# EOF|", 2, "neither negative nor NaN"),
        TextCase("# TYPE a summary|a_count 0.5|# EOF|", 2, "no whole number"),
        TextCase("# TYPE a summary|a_count +Inf|# EOF|", 2, "no whole number"),
        TextCase("# TYPE a summary|a_count{quantile=\"0.5\"} 1|# EOF|", 2, "not for this sample"),
    ]) func refusesValuesThatTheTypeCannotHave(text: TextCase) { check(text) }

    @Test(arguments: [
        TextCase("a_bucket 1|# EOF|", 3, "no label 'le'"),
        TextCase("a_bucket{le=\"\"} 1|# EOF|", 3, "no label 'le'"),
        TextCase("a_bucket{le=\"x\"} 1|# EOF|", 3, "is no number"),
        TextCase("a_bucket{le=\"NaN\"} 1|# EOF|", 3, "is no number"),
        TextCase("a_bucket{le=\"Inf\"} 1|# EOF|", 3, "written +Inf"),
        TextCase("a_bucket{le=\"+INF\"} 1|# EOF|", 3, "written +Inf"),
        TextCase("a_bucket{le=\"+Inf\"} -1|# EOF|", 3, "no whole number"),
        TextCase("a_bucket{le=\"+Inf\"} NaN|# EOF|", 3, "no whole number"),
        TextCase("a_bucket{le=\"+Inf\"} 0.5|# EOF|", 3, "no whole number"),
        TextCase("a_bucket{le=\"1.0\"} 1|# EOF|", 3, "no bucket le=\"+Inf\""),
        TextCase("a_bucket{le=\"2.0\"} 1|a_bucket{le=\"1.0\"} 1|# EOF|", 4, "buckets ascend"),
        TextCase("a_bucket{le=\"1.0\"} 1|a_bucket{le=\"1\"} 1|# EOF|", 4, "buckets ascend"),
        TextCase("a_bucket{le=\"1.0\"} 2|a_bucket{le=\"+Inf\"} 1|# EOF|", 4, "cumulative"),
        TextCase(
            "a_bucket{b=\"c\",le=\"+Inf\"} 1|a_bucket{b=\"d\",le=\"1.0\"} 0|# EOF|", 4, "no bucket le=\"+Inf\""),
        TextCase(
            "a_bucket{b=\"c\",le=\"1.0\"} 1|a_bucket{b=\"d\",le=\"+Inf\"} 0|a_bucket{b=\"c\",le=\"+Inf\"} 1|# EOF|", 5,
            "began on line 3"),
        TextCase("a_bucket{le=\"1.0\"} 1 1|a_bucket{le=\"+Inf\"} 1 2|# EOF|", 3, "no bucket le=\"+Inf\""),
    ]) func refusesHistogramsOfBothKindsWithOtherBuckets(text: TextCase) {
        let refusal = text.refusal!
        for type in ["histogram", "gaugehistogram"] {
            check(TextCase("# TYPE a \(type)|# HELP a b|" + text.text, refusal.line, refusal.reason))
        }
    }

    @Test(arguments: [
        TextCase("a_bucket{le=\"+Inf\"} 1|a_sum 1|a_count 2|# EOF|", 4, "counts 2.0, and its bucket +Inf 1.0"),
        TextCase("a_count 2|a_bucket{le=\"+Inf\"} 1|a_sum 1|# EOF|", 4, "counts 2.0, and its bucket +Inf 1.0"),
        TextCase("a_bucket{le=\"+Inf\"} 1|a_sum 1|# EOF|", 3, "a sum and no count"),
        TextCase("a_bucket{le=\"+Inf\"} 1|a_count 1|# EOF|", 3, "a count and no sum"),
        TextCase("a_bucket{le=\"+Inf\"} 1|a_sum -1|a_count 1|# EOF|", 3, "neither negative nor NaN"),
        TextCase("a_bucket{le=\"+Inf\"} 1|a_sum NaN|a_count 1|# EOF|", 3, "neither negative nor NaN"),
        TextCase(
            "a_bucket{le=\"-1.0\"} 0|a_bucket{le=\"+Inf\"} 1|a_sum 1|a_count 1|# EOF|", 5, "can't have a sum"),
        TextCase("a_created 1|# EOF|", 2, "no bucket le=\"+Inf\""),
        TextCase("a_bucket{le=\"+Inf\"} 1|a_sum{le=\"+Inf\"} 1|# EOF|", 3, "not for this sample"),
    ]) func refusesHistogramsWithOtherSumsAndCounts(text: TextCase) {
        check(TextCase("# TYPE a histogram|" + text.text, text.refusal!.line, text.refusal!.reason))
    }

    @Test(arguments: [
        TextCase("a_bucket{le=\"+Inf\"} 1|a_gsum 1|a_gcount 2|# EOF|", 4, "counts 2.0, and its bucket +Inf 1.0"),
        TextCase("a_bucket{le=\"+Inf\"} 1|a_gsum 1|# EOF|", 3, "a sum and no count"),
        TextCase("a_bucket{le=\"+Inf\"} 1|a_gcount 1|# EOF|", 3, "a count and no sum"),
        TextCase("a_bucket{le=\"+Inf\"} 1|a_gsum NaN|a_gcount 1|# EOF|", 3, "never NaN"),
        TextCase("a_bucket{le=\"0.0\"} 1|a_bucket{le=\"+Inf\"} 1|a_gsum -1|a_gcount 1|# EOF|", 5, "a negative sum"),
    ]) func refusesGaugeHistogramsWithOtherSumsAndCounts(text: TextCase) {
        check(TextCase("# TYPE a gaugehistogram|" + text.text, text.refusal!.line, text.refusal!.reason))
    }

    @Test(arguments: [
        TextCase("a_total 1# {} 1|# EOF|", 2, "'1#'"),
        TextCase("a_total 1 #|# EOF|", 2, "one space and an exemplar"),
        TextCase("a_total 1 #{} 1|# EOF|", 2, "one space and an exemplar"),
        TextCase("a_total 1  # {} 1|# EOF|", 2, "the timestamp"),
        TextCase("a_total 1 # b=\"c\"} 1|# EOF|", 2, "in braces"),
        TextCase("a_total 1 # {}|# EOF|", 2, "the exemplar's value"),
        TextCase("a_total 1 # {}1|# EOF|", 2, "the exemplar's value"),
        TextCase("a_total 1 # {} |# EOF|", 2, "the exemplar's value"),
        TextCase("a_total 1 # {} 1 |# EOF|", 2, "the exemplar's timestamp"),
        TextCase("a_total 1 # {} 1 NaN|# EOF|", 2, "no time"),
        TextCase("a_total 1 # {} 1 1 1|# EOF|", 2, "end of the line"),
        TextCase("a_total 1 # {} 0x1|# EOF|", 2, "'0x1'"),
        TextCase("a_total 1 # {b=\"c\",b=\"d\"} 1|# EOF|", 2, "'b' occurs twice"),
        TextCase("a_total 1 # {_b=\"c\"} 1|# EOF|", 2, "reserves"),
        TextCase("a_total 1 # {\"b\"} 1|# EOF|", 2, "'='"),
        TextCase("a_total 1|a_created 1 # {} 1|# EOF|", 3, "only '_total' and '_bucket'"),
        TextCase("b 1 # {} 1|# EOF|", 2, "only '_total' and '_bucket'"),
        TextCase("# TYPE b summary|b_count 1 # {} 1|# EOF|", 3, "only '_total' and '_bucket'"),
        TextCase("# TYPE b info|b_info 1 # {} 1|# EOF|", 3, "only '_total' and '_bucket'"),
        TextCase("# TYPE b histogram|b_bucket{le=\"1.0\"} 1 # {} 1.5|# EOF|", 3, "1.5 isn't in the bucket"),
        TextCase("# TYPE b histogram|b_bucket{le=\"+Inf\"} 1 # {} NaN|# EOF|", 3, "NaN isn't in the bucket"),
    ]) func refusesOtherExemplars(text: TextCase) {
        check(TextCase("# TYPE a counter|" + text.text, text.refusal!.line, text.refusal!.reason))
    }

    @Test func refusesExemplarsLongerThan128CodePoints() {
        let fits = String(repeating: "☃", count: 127)
        check(TextCase("# TYPE a counter|a_total 1 # {b=\"\(fits)\"} 1|# EOF|"))
        check(TextCase("# TYPE a counter|a_total 1 # {b=\"\(fits)x\"} 1|# EOF|", 2, "129 characters"))
        // An escape sequence is one code point, and so is a combining accent.
        check(TextCase("# TYPE a counter|a_total 1 # {b=\"\(fits.dropLast())\\n\"} 1|# EOF|"))
        check(TextCase("# TYPE a counter|a_total 1 # {b=\"\(fits)\u{301}\"} 1|# EOF|", 2, "129 characters"))
    }

    @Test(arguments: [
        TextCase("\"a.b\" 1|# EOF|", 1, "a metric name"),
        TextCase("{} 1|# EOF|", 1, "nor one in quotes"),
        TextCase("{b=\"c\"} 1|# EOF|", 1, "nor one in quotes"),
        TextCase("{b=\"c\",\"a.b\"} 1|# EOF|", 1, "'=' behind the label name 'a.b'"),
        TextCase("{\"b\"=\"c\"} 1|# EOF|", 1, "nor one in quotes"),
        TextCase("a{\"a.b\"} 1|# EOF|", 1, "'='"),
        TextCase("{\"\"} 1|# EOF|", 1, "empty"),
        TextCase("{\"a\0b\"} 1|# EOF|", 1, "byte 0"),
        TextCase("a{\"\"=\"c\"} 1|# EOF|", 1, "empty"),
        TextCase("{\"a.b\",} 1|# EOF|", 1, "no ',' behind the last label"),
        TextCase("{\"a.b\", c=\"d\"} 1|# EOF|", 1, "a label name"),
        TextCase("{\"a.b\"c=\"d\"} 1|# EOF|", 1, "',' or '}'"),
        TextCase("{\"a.b\",\"c.d\"} 1|# EOF|", 1, "'='"),
        TextCase("{\"a.b} 1|# EOF|", 1, "no closing double quote"),
        TextCase("# TYPE \"a.b gauge|# EOF|", 1, "no closing double quote"),
        TextCase("# TYPE \"a.b\"gauge|# EOF|", 1, "one space"),
        TextCase("a{\"b\"=\"c\",b=\"d\"} 1|# EOF|", 1, "'b' occurs twice"),
        TextCase("# TYPE \"a.b\" counter|{\"a.b_total\"} -1|# EOF|", 2, "neither negative nor NaN"),
    ]) func refusesOtherNamesInQuotes(text: TextCase) { check(text) }

    @Test(
        arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x98], [0xF4, 0x90, 0x80, 0x80]] as [[UInt8]])
    func refusesBytesThatAreNotUTF8(bytes: [UInt8]) {
        let text = Array("a 1\nb{c=\"".utf8) + bytes + Array("\"} 1\n# EOF\n".utf8)
        let error = ExpositionError(line: 2, reason: "not valid UTF-8")
        #expect(throws: error) { try ParsedExposition(openMetrics: text) }
    }
}
