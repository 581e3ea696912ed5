// The peer on client_golang: see ../compare, and Sources/Measurement for what every peer does alike.
package main

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

// A line is either updates or a scrape.
type line struct {
	name   string
	update func() update
	scrape func() scrape
}

type update struct {
	run   func(thread, count int)
	check func(operations int)
}

type scrape struct {
	render func(*bytes.Buffer)
	check  func([]byte)
}

func main() {
	if len(os.Args) == 1 {
		for _, line := range lines {
			fmt.Println(line.name, 1)
			if line.update != nil {
				fmt.Println(line.name, 2)
			}
		}
		return
	}
	expect(len(os.Args) == 4, "usage: peer [LINE THREADS MILLISECONDS]")
	threads, err := strconv.Atoi(os.Args[2])
	must(err)
	milliseconds, err := strconv.Atoi(os.Args[3])
	must(err)
	measured = time.Duration(milliseconds) * time.Millisecond
	warmUp = measured / 4
	for _, line := range lines {
		switch {
		case line.name != os.Args[1]:
		case line.update != nil:
			fmt.Printf("%.4f ns\n", measureUpdates(line.update(), threads))
			return
		default:
			time, size, peak := measureScrape(line.scrape())
			fmt.Printf("%.0f ns\n%d bytes\n%d peak\n", time, size, peak)
			return
		}
	}
	expect(false, "unknown line", os.Args[1])
}

const granularity = 1024

var measured, warmUp time.Duration

func measureUpdates(work update, threads int) float64 {
	count, operations := granularity, 0
	for {
		elapsed := timed(threads, func(thread int) { work.run(thread, count) })
		operations += threads * count
		if elapsed >= warmUp {
			count = int(float64(count)*float64(measured)/float64(elapsed))/granularity*granularity + granularity
			break
		}
		count *= 2
	}
	elapsed := timed(threads, func(thread int) { work.run(thread, count) })
	work.check(operations + threads*count)
	return float64(elapsed.Nanoseconds()) / float64(threads*count)
}

func timed(threads int, body func(thread int)) time.Duration {
	var missing atomic.Int64
	missing.Store(int64(threads))
	pass := func() {
		missing.Add(-1)
		for missing.Load() > 0 {
		}
	}
	var others sync.WaitGroup
	for thread := 1; thread < threads; thread++ {
		others.Add(1)
		go func() {
			defer others.Done()
			pass()
			body(thread)
		}()
	}
	pass()
	start := time.Now()
	body(0)
	others.Wait()
	return time.Since(start)
}

func measureScrape(work scrape) (nanoseconds float64, size, peak int) {
	var buffer bytes.Buffer
	repeat := func(least time.Duration) float64 {
		start, scrapes := time.Now(), 0
		for scrapes == 0 || time.Since(start) < least {
			buffer.Reset()
			work.render(&buffer)
			scrapes++
		}
		return float64(time.Since(start).Nanoseconds()) / float64(scrapes)
	}
	repeat(warmUp)
	nanoseconds, peak = repeat(measured), peakMemory()
	work.check(buffer.Bytes())
	return nanoseconds, buffer.Len(), peak
}

// The kernel's accounting by process counts what the program was started from as well.
func peakMemory() int {
	status, err := os.ReadFile("/proc/self/status")
	must(err)
	_, line, _ := strings.Cut(string(status), "VmHWM:")
	kilobytes, err := strconv.Atoi(strings.Fields(line)[0])
	must(err)
	return 1024 * kilobytes
}

func must(err error) { expect(err == nil, err) }

func expect(condition bool, message ...any) {
	if !condition {
		fmt.Fprintln(os.Stderr, message...)
		os.Exit(1)
	}
}

var lines = []line{
	{name: "counter-increment", update: func() update {
		counter := prometheus.NewCounter(prometheus.CounterOpts{Name: "operations_total", Help: "Operations."})
		return update{
			func(_, count int) {
				for i := 0; i < count; i++ {
					counter.Inc()
				}
			},
			func(operations int) { expectValue(counter, float64(operations)) },
		}
	}},
	{name: "counter-increment-work", update: func() update {
		counter := prometheus.NewCounter(prometheus.CounterOpts{Name: "operations_total", Help: "Operations."})
		return update{
			func(thread, count int) {
				state := uint64(thread + 1)
				for i := 0; i < count; i++ {
					state = unrelatedWork(state)
					counter.Inc()
				}
				expect(state != 0, "the work was not done")
			},
			func(operations int) { expectValue(counter, float64(operations)) },
		}
	}},
	{name: "counter-add", update: func() update {
		counter := prometheus.NewCounter(prometheus.CounterOpts{Name: "operations_total", Help: "Operations."})
		return update{
			func(_, count int) {
				for i := 0; i < count; i++ {
					counter.Add(0.5)
				}
			},
			func(operations int) { expectValue(counter, 0.5*float64(operations)) },
		}
	}},
	{name: "counter-lookup", update: func() update {
		requests := newRequests()
		return update{
			func(_, count int) {
				for i := 0; i < count; i += 8 {
					requests.WithLabelValues("GET", "/api/orders", "200").Inc()
					requests.WithLabelValues("POST", "/api/orders", "201").Inc()
					requests.WithLabelValues("GET", "/api/items", "200").Inc()
					requests.WithLabelValues("GET", "/api/items", "404").Inc()
					requests.WithLabelValues("PUT", "/api/users", "200").Inc()
					requests.WithLabelValues("GET", "/api/users", "200").Inc()
					requests.WithLabelValues("DELETE", "/api/carts", "204").Inc()
					requests.WithLabelValues("GET", "/api/carts", "500").Inc()
				}
			},
			func(operations int) {
				expectValue(requests.WithLabelValues("GET", "/api/orders", "200"), float64(operations/8))
				expectValue(requests.WithLabelValues("GET", "/api/carts", "500"), float64(operations/8))
			},
		}
	}},
	{name: "counter-lookup-long", update: func() update {
		return lookUp(func(route []byte) func() string {
			made := string(route)
			return func() string { return made }
		})
	}},
	{name: "counter-lookup-fresh", update: func() update {
		return lookUp(func(route []byte) func() string { return func() string { return string(route) } })
	}},
	{name: "gauge-set", update: func() update {
		gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "level", Help: "Level."})
		return update{
			func(_, count int) {
				for i := 0; i < count; i++ {
					gauge.Set(float64(i % granularity))
				}
			},
			func(int) { expectValue(gauge, granularity-1) },
		}
	}},
	{name: "gauge-add", update: func() update {
		gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "level", Help: "Level."})
		return update{
			func(_, count int) {
				for i := 0; i < count; i++ {
					gauge.Add(0.5)
				}
			},
			func(operations int) { expectValue(gauge, 0.5*float64(operations)) },
		}
	}},
	{name: "histogram-observe", update: func() update { return observe(classicHistogram()) }},
	{name: "histogram-observe-work", update: func() update {
		histogram := classicHistogram()
		return update{
			func(thread, count int) {
				state := uint64(thread + 1)
				for i := 0; i < count; i++ {
					state = unrelatedWork(state)
					histogram.Observe(observedValues[(i+512*thread)%granularity])
				}
				expect(state != 0, "the work was not done")
			},
			func(operations int) { checkHistogram(histogram, operations) },
		}
	}},
	{name: "work", update: func() update {
		return update{
			func(thread, count int) {
				state := uint64(thread + 1)
				for i := 0; i < count; i++ {
					state = unrelatedWork(state)
				}
				expect(state != 0, "the work was not done")
			},
			func(int) {},
		}
	}},
	{name: "native-histogram-observe", update: func() update {
		return observe(prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "duration_seconds", Help: "Durations.",
			NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160,
		}))
	}},
}

var formats = []struct{ name, accept string }{
	{"text", "text/plain;version=0.0.4"},
	{"openmetrics", "application/openmetrics-text;version=0.0.1"},
	{"protobuf", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"},
}

func init() {
	for _, format := range formats {
		for _, count := range []int{100, 1000, 10_000, 100_000, 1_000_000} {
			lines = append(lines, line{name: fmt.Sprint(format.name, "-counters-", count), scrape: func() scrape {
				if format.name == "protobuf" {
					return scrape{encode(requestCounters(count), format.accept), checkDecodes(count)}
				}
				return scrape{encode(requestCounters(count), format.accept), checkRequestCounters(count)}
			}})
		}
		lines = append(lines, line{name: format.name + "-histograms-1000", scrape: func() scrape {
			if format.name == "protobuf" {
				return scrape{encode(durationHistograms(), format.accept), checkDecodes(1000)}
			}
			return scrape{encode(durationHistograms(), format.accept), checkDurationHistograms}
		}})
	}
}

func newRequests() *prometheus.CounterVec {
	return prometheus.NewCounterVec(
		prometheus.CounterOpts{Name: "http_requests_total", Help: "Requests."}, []string{"method", "route", "status"})
}

// The route of each of 8 children is what `route` returns for its bytes.
func lookUp(route func([]byte) func() string) update {
	requests := newRequests()
	var routes [8]func() string
	for i := range routes {
		path := longRoute(i)
		requests.WithLabelValues("GET", path, "200")
		routes[i] = route([]byte(path))
	}
	return update{
		func(_, count int) {
			for i := 0; i < count; i++ {
				requests.WithLabelValues("GET", routes[i%8](), "200").Inc()
			}
		},
		func(operations int) {
			for i := range routes {
				expectValue(requests.WithLabelValues("GET", longRoute(i), "200"), float64(operations/8))
			}
		},
	}
}

func longRoute(index int) string { return "/api/v1/customers/" + strconv.Itoa(index) }

var bounds = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// Of every bucket, +Inf's among them.
var observedValues = func() (values [granularity]float64) {
	state := uint64(42)
	for i := range values {
		state = xorshift(state)
		bucket := int(state % 12)
		lower, upper := 0.0, 20.0
		if bucket > 0 {
			lower = bounds[bucket-1]
		}
		if bucket < 11 {
			upper = bounds[bucket]
		}
		values[i] = lower + (upper-lower)*(float64(state>>32%1000)+0.5)/1000
	}
	return values
}()

func xorshift(state uint64) uint64 {
	state ^= state << 13
	state ^= state >> 7
	state ^= state << 17
	return state
}

// About 100 ns.
func unrelatedWork(state uint64) uint64 {
	for i := 0; i < 60; i++ {
		state = xorshift(state)
	}
	return state
}

func classicHistogram() prometheus.Histogram {
	return prometheus.NewHistogram(
		prometheus.HistogramOpts{Name: "duration_seconds", Help: "Durations.", Buckets: bounds})
}

func observe(histogram prometheus.Histogram) update {
	return update{
		func(thread, count int) {
			for i := 0; i < count; i++ {
				histogram.Observe(observedValues[(i+512*thread)%granularity])
			}
		},
		func(operations int) { checkHistogram(histogram, operations) },
	}
}

func checkHistogram(histogram prometheus.Metric, operations int) {
	state := read(histogram).GetHistogram()
	expect(state.GetSampleCount() == uint64(operations), "observed", state.GetSampleCount(), "of", operations)
	rounds, sum := float64(operations/granularity), 0.0
	for _, value := range observedValues {
		sum += value * rounds
	}
	expect(math.Abs(state.GetSampleSum()/sum-1) < 1e-6, "the sum is", state.GetSampleSum(), "instead of", sum)
	for _, bucket := range state.Bucket {
		count := 0
		for _, value := range observedValues {
			if value <= bucket.GetUpperBound() {
				count += operations / granularity
			}
		}
		expect(bucket.GetCumulativeCount() == uint64(count), "bucket", bucket, "instead of", count)
	}
}

func read(metric prometheus.Metric) *dto.Metric {
	var state dto.Metric
	must(metric.Write(&state))
	return &state
}

func expectValue(metric prometheus.Metric, value float64) {
	state := read(metric)
	actual := state.GetCounter().GetValue() + state.GetGauge().GetValue()
	expect(actual == value, "the value is", actual, "instead of", value)
}

var (
	methods  = []string{"GET", "POST", "PUT", "DELETE"}
	statuses = []string{"200", "201", "400", "404", "500"}
)

func resource(index int) string { return "/api/v1/resource/" + strconv.Itoa(index) }

// The i-th series is at 37 i.
func requestCounters(count int) prometheus.Gatherer {
	requests := newRequests()
	index := 0
	for route := 0; route < count/20; route++ {
		for _, method := range methods {
			for _, status := range statuses {
				requests.WithLabelValues(method, resource(route), status).Add(float64(37 * index))
				index++
			}
		}
	}
	return registryOf(requests)
}

func checkRequestCounters(count int) func([]byte) {
	return func(text []byte) {
		checkSamples(text, "http_requests_total{", count, float64(37*(count-1)*count/2))
	}
}

// 1,000 series of 24 observations.
func durationHistograms() prometheus.Gatherer {
	durations := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "http_request_duration_seconds", Help: "Durations of requests.", Buckets: bounds,
	}, []string{"method", "route"})
	index := 0
	for route := 0; route < 250; route++ {
		for _, method := range methods {
			child := durations.WithLabelValues(method, resource(route))
			for i := 0; i < 24; i++ {
				child.Observe(observedValues[(index+i)%granularity])
			}
			index += 24
		}
	}
	return registryOf(durations)
}

func checkDurationHistograms(text []byte) {
	checkSamples(text, "http_request_duration_seconds_count{", 1000, 24_000)
	buckets := strings.Count(string(text), "\nhttp_request_duration_seconds_bucket{")
	expect(buckets == 12_000, buckets, "buckets instead of 12000")
}

func registryOf(collector prometheus.Collector) prometheus.Gatherer {
	registry := prometheus.NewRegistry()
	must(registry.Register(collector))
	return registry
}

// A format is asked for as clients do, because its constant differs between versions of the library.
func encode(registry prometheus.Gatherer, accept string) func(*bytes.Buffer) {
	format := expfmt.NegotiateIncludingOpenMetrics(http.Header{"Accept": {accept}})
	return func(buffer *bytes.Buffer) {
		families, err := registry.Gather()
		must(err)
		encoder := expfmt.NewEncoder(buffer, format)
		for _, family := range families {
			must(encoder.Encode(family))
		}
		if closer, ok := encoder.(expfmt.Closer); ok {
			must(closer.Close())
		}
	}
}

func checkSamples(text []byte, prefix string, samples int, sum float64) {
	for _, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, prefix) {
			value, err := strconv.ParseFloat(line[strings.LastIndex(line, " ")+1:], 64)
			must(err)
			samples--
			sum -= value
		}
	}
	expect(samples == 0 && sum == 0, prefix, "lacks", samples, "samples that add up to", sum)
}

func checkDecodes(series int) func([]byte) {
	return func(encoded []byte) {
		var family dto.MetricFamily
		must(expfmt.NewDecoder(bytes.NewReader(encoded), expfmt.FmtProtoDelim).Decode(&family))
		expect(len(family.Metric) == series, len(family.Metric), "series instead of", series)
	}
}
