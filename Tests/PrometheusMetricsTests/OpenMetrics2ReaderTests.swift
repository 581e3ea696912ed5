import Testing

/// Whether the reader that the renderer is tested with is one to be trusted.
@Suite struct OpenMetrics2ReaderTests {
    private static let wellFormed = [
        "", "a 1", "a 1\nb 2", "a{} 1", "a{b=\"c\"} 1", "A:b_9{_b9=\"\",c=\"d\"} 1", "{\"a\"} 1",
        "{\"a b\",\"c d\"=\"e\"} 1",
        "{\"\\\"\\\\\\n\\x\",b=\"\u{0}\r😱\"} 1", "# TYPE a counter", "# TYPE \"a.b\" gaugehistogram", "# UNIT a ",
        "# UNIT a se:c_9", "# HELP a ", "# HELP a b\\\\c\\n\\\"", "# HELP a b\n# TYPE a info\n# UNIT a c\na 1",
        "a +1.5e-7", "a 007", "a 5.", "a .5", "a -.5E+1", "a inf", "a -INFINITY", "a +Inf", "a nAn",
        "a 1 2", "a 1 -2.5", "a 1 st@3", "a 1 2 st@3.5", "a 1 # {} 1 2", "a 1 st@3 # {b=\"c\"} NaN 2 # {} 1 2.5",
        "a {count:1,sum:NaN,bucket:[+Inf:1]}",
        "a {count:1,sum:-Inf,bucket:[-Inf:0,-1:0,+2e1:1,+Inf:1]} 2 st@3 # {} 1 2",
        "a {gcount:0.5,gsum:1,bucket:[1:0.5,+Inf:0.5]}", "a {count:1,sum:1,schema:-4,zero_threshold:0,zero_count:1}",
        "a {count:3,sum:1,schema:8,zero_threshold:1e-9,zero_count:0,negative_spans:[-1:1,2:1],negative_buckets:[1,1],"
            + "positive_spans:[+0:1],positive_buckets:[1],bucket:[+Inf:3]}",
        "a {count:0,sum:0,schema:0,zero_threshold:0,zero_count:0,positive_spans:[],positive_buckets:[]}",
        "a {count:1,sum:1,quantile:[]}", "a {count:1,sum:1,quantile:[0.5:NaN,1:2]} st@1",
    ]

    @Test(arguments: wellFormed) func readsWhatTheGrammarHas(lines: String) throws {
        let end = lines.isEmpty ? "" : "\n"
        _ = try OpenMetrics2Reader.read(Array((lines + end + "# EOF\n").utf8))
        _ = try OpenMetrics2Reader.read(Array((lines + end + "# EOF").utf8))
    }

    private static let malformed = [
        "\n", " a 1", "a  1", "a 1 ", "a\t1", "a 1\r", "a", "a ", "9a 1", "a.b 1", "{} 1", "{\"\"} 1",
        "{\"a\"b=\"c\"} 1",
        "{a=\"b\"} 1", "{b=\"c\",\"a\"} 1", "\"a\" 1", "a{\"b\"} 1", "a{b=\"c\",} 1", "a{,} 1", "a{b:c=\"d\"} 1",
        "a{9=\"b\"} 1", "a{\"\"=\"b\"} 1", "a{b=c} 1", "a{b=\"c\"d\"} 1", "a{b=\"\n\"} 1", "a{b=\"\\\"} 1",
        "a {b=\"c\"} 1",
        "# a", "#TYPE a gauge", "# TYPE a", "# TYPE a Counter", "# TYPE a untyped", "# TYPE a gauge ", "# type a gauge",
        "# TYPE a.b gauge", "# TYPE a gauge\n# TYPE a gauge", "# UNIT a b c", "# UNIT a µs", "# HELP a", "# HELP a \"",
        "# HELP a \\", "a 1,5", "a 0x10", "a 1e", "a 1e+", "a .", "a +", "a +nan", "a -NaN", "a infinit", "a true",
        "a 1_0",
        "a 1 NaN", "a 1 +Inf", "a 1 2 3", "a 1 ST@3", "a 1 st@", "a 1 st@3 2", "a 1 st@inf", "a 1 # {} 1", "a 1 # 1 2",
        "a 1 #{} 1 2", "a 1 # {} 1 NaN", "a 1 # {\"x\"} 1 2", "a 1 # {} 1 2 st@3", "a {}", "a {count:1}",
        "a {count:1,sum:1}", "a {sum:1,count:1,bucket:[+Inf:1]}", "a {count:1,sum:1,bucket:[]}",
        "a {count:1,sum:1,bucket:[1:1]}", "a {count:1,sum:1,bucket:[+Inf:1,1:1]}", "a {count:1,sum:1,bucket:[Inf:1]}",
        "a {count:1,sum:1,bucket:[1:1,-Inf:0,+Inf:1]}", "a {count:1, sum:1,bucket:[+Inf:1]}",
        "a {Count:1,sum:1,bucket:[+Inf:1]}",
        "a {count:1,sum:1,bucket:[NaN:0,+Inf:1]}", "a {gcount:1,sum:1,bucket:[+Inf:1]}",
        "a {gcount:1,gsum:1,quantile:[]}",
        "a {count:1,sum:1,bucket:[+Inf:1],schema:0,zero_threshold:0,zero_count:1}",
        "a {count:1,sum:1,schema:0,zero_threshold:0}", "a {count:1,sum:1,schema:0.0,zero_threshold:0,zero_count:1}",
        "a {count:1,sum:1,schema:0,zero_threshold:+Inf,zero_count:1}",
        "a {count:1,sum:1,schema:0,zero_threshold:0,zero_count:0,positive_spans:[0:1]}",
        "a {count:1,sum:1,schema:0,zero_threshold:0,zero_count:0,positive_spans:[0:1,-1:1],positive_buckets:[1,1]}",
        "a {count:1,sum:1,schema:0,zero_threshold:0,zero_count:0,positive_spans:[0:-1],positive_buckets:[1]}",
        "a {count:1,sum:1,schema:0,zero_threshold:0,zero_count:0,positive_spans:[0:1],positive_buckets:[1],"
            + "negative_spans:[0:1],negative_buckets:[1]}",
        "a {count:1,sum:1,quantile:[+Inf:1]}", "a {count:1,sum:1,quantile:[0.5:1,]}",
        "a {count:1,sum:1,quantile:[0.5]}",
        "a {count:1,sum:1,quantile:[],bucket:[+Inf:1]}", "# EOF",
    ]

    @Test(arguments: malformed) func refusesWhatTheGrammarLacks(lines: String) {
        #expect(throws: OpenMetrics2Reader.Refusal.self) {
            try OpenMetrics2Reader.read(Array((lines + "\n# EOF\n").utf8))
        }
    }

    @Test func refusesWhatIsCutOffOrNotText() {
        let whole = Array("# TYPE a counter\na{b=\"c\"} 1 st@2 # {} 1 2\n# EOF".utf8)
        for length in whole.indices {
            #expect(throws: OpenMetrics2Reader.Refusal.self) { try OpenMetrics2Reader.read(Array(whole[..<length])) }
        }
        #expect(throws: OpenMetrics2Reader.Refusal.self) { try OpenMetrics2Reader.read([0xFF] + whole) }
        #expect(throws: OpenMetrics2Reader.Refusal.self) { try OpenMetrics2Reader.read([0xEF, 0xBB, 0xBF] + whole) }
    }
}
