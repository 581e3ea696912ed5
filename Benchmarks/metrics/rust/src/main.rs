//! The peer on Rust's prometheus: see ../../compare, and Sources/Measurement for what every peer does alike.

use prometheus::core::{Collector, Metric};
use prometheus::{
    Counter, Encoder, Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry,
    TextEncoder,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const GRANULARITY: usize = 1024;
const BOUNDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

enum Work {
    Updates { run: Box<dyn Fn(usize, usize) + Sync>, check: Box<dyn Fn(usize)> },
    Scrape { render: Box<dyn Fn(&mut Vec<u8>)>, check: Box<dyn Fn(&str)> },
}

struct Line {
    name: String,
    threads: &'static [usize],
    work: Box<dyn Fn() -> Work>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.is_empty() {
        for line in lines() {
            for threads in line.threads {
                println!("{} {}", line.name, threads);
            }
        }
        return;
    }
    assert!(arguments.len() == 3, "usage: peer [LINE THREADS MILLISECONDS]");
    let line = lines().into_iter().find(|line| line.name == arguments[0]).expect("no such line");
    let threads = arguments[1].parse().expect("a number of threads");
    let measured = Duration::from_millis(arguments[2].parse().expect("milliseconds"));
    match (line.work)() {
        Work::Updates { run, check } => {
            println!("{:.4} ns", nanoseconds_per_update(threads, measured, &*run, &*check));
        }
        Work::Scrape { render, check } => {
            let mut buffer = Vec::new();
            repeat(measured / 4, &mut buffer, &*render);
            let time = repeat(measured, &mut buffer, &*render);
            println!("{:.0} ns\n{} bytes\n{} peak", time, buffer.len(), peak_memory());
            check(std::str::from_utf8(&buffer).unwrap());
        }
    }
}

fn nanoseconds_per_update(
    threads: usize, measured: Duration, run: &(dyn Fn(usize, usize) + Sync), check: &dyn Fn(usize),
) -> f64 {
    let (mut count, mut operations) = (GRANULARITY, 0);
    loop {
        let elapsed = timed(threads, &|thread| run(thread, count));
        operations += threads * count;
        if elapsed >= measured / 4 {
            let wanted = count as f64 * measured.as_secs_f64() / elapsed.as_secs_f64();
            count = wanted as usize / GRANULARITY * GRANULARITY + GRANULARITY;
            break;
        }
        count *= 2;
    }
    let elapsed = timed(threads, &|thread| run(thread, count));
    check(operations + threads * count);
    elapsed.as_nanos() as f64 / (threads * count) as f64
}

fn timed(threads: usize, body: &(dyn Fn(usize) + Sync)) -> Duration {
    let missing = AtomicUsize::new(threads);
    let pass = || {
        missing.fetch_sub(1, Ordering::AcqRel);
        while missing.load(Ordering::Acquire) > 0 {
            std::hint::spin_loop();
        }
    };
    let mut start = Instant::now();
    std::thread::scope(|scope| {
        for thread in 1..threads {
            scope.spawn(move || {
                pass();
                body(thread);
            });
        }
        pass();
        start = Instant::now();
        body(0);
    });
    start.elapsed()
}

fn repeat(least: Duration, buffer: &mut Vec<u8>, render: &dyn Fn(&mut Vec<u8>)) -> f64 {
    let (start, mut scrapes) = (Instant::now(), 0);
    while scrapes == 0 || start.elapsed() < least {
        buffer.clear();
        render(buffer);
        scrapes += 1;
    }
    start.elapsed().as_nanos() as f64 / scrapes as f64
}

/// The kernel's accounting by process counts what the program was started from as well.
fn peak_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    1024 * line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap()
}

fn updates(
    name: &str, run: impl Fn(usize, usize) + Sync + Clone + 'static, check: impl Fn(usize) + Clone + 'static,
) -> Line {
    let work = move || Work::Updates { run: Box::new(run.clone()), check: Box::new(check.clone()) };
    Line { name: name.to_string(), threads: &[1, 2], work: Box::new(work) }
}

fn scrape(name: String, registry: impl Fn() -> Registry + 'static, check: impl Fn(&str) + Clone + 'static) -> Line {
    let work = move || {
        let registry = registry();
        let render = move |buffer: &mut Vec<u8>| TextEncoder::new().encode(&registry.gather(), buffer).unwrap();
        Work::Scrape { render: Box::new(render), check: Box::new(check.clone()) }
    };
    Line { name, threads: &[1], work: Box::new(work) }
}

/// An instrument of each line's own; clones share its state.
fn lines() -> Vec<Line> {
    let mut lines = vec![];
    let increments = IntCounter::new("operations_total", "Operations.").unwrap();
    let counter = increments.clone();
    lines.push(updates(
        "counter-increment",
        move |_, count| (0..count).for_each(|_| counter.inc()),
        move |operations| assert_eq!(increments.get(), operations as u64),
    ));
    let increments = IntCounter::new("operations_total", "Operations.").unwrap();
    let counter = increments.clone();
    lines.push(updates(
        "counter-increment-work",
        move |thread, count| work_between(thread, count, |_| counter.inc()),
        move |operations| assert_eq!(increments.get(), operations as u64),
    ));
    let additions = Counter::new("operations_total", "Operations.").unwrap();
    let counter = additions.clone();
    lines.push(updates(
        "counter-add",
        move |_, count| (0..count).for_each(|_| counter.inc_by(0.5)),
        move |operations| assert_eq!(additions.get(), operations as f64 / 2.0),
    ));
    lines.push(look_up());
    lines.push(look_up_long("counter-lookup-long", |requests, routes, count| {
        for index in 0..count {
            requests.with_label_values(&["GET", &routes[index % 8], "200"]).inc();
        }
    }));
    lines.push(look_up_long("counter-lookup-fresh", |requests, routes, count| {
        for index in 0..count {
            let route = String::from_utf8(routes[index % 8].as_bytes().to_vec()).unwrap();
            requests.with_label_values(&["GET", &route, "200"]).inc();
        }
    }));
    let level = Gauge::new("level", "Level.").unwrap();
    let gauge = level.clone();
    lines.push(updates(
        "gauge-set",
        move |_, count| (0..count).for_each(|index| gauge.set((index % GRANULARITY) as f64)),
        move |_| assert_eq!(level.get(), (GRANULARITY - 1) as f64),
    ));
    let level = Gauge::new("level", "Level.").unwrap();
    let gauge = level.clone();
    lines.push(updates(
        "gauge-add",
        move |_, count| (0..count).for_each(|_| gauge.add(0.5)),
        move |operations| assert_eq!(level.get(), operations as f64 / 2.0),
    ));
    lines.push(observe("histogram-observe", |histogram, values, thread, count| {
        for index in 0..count {
            histogram.observe(values[(index + 512 * thread) % GRANULARITY]);
        }
    }));
    lines.push(observe("histogram-observe-work", |histogram, values, thread, count| {
        work_between(thread, count, |index| histogram.observe(values[(index + 512 * thread) % GRANULARITY]));
    }));
    lines.push(updates("work", |thread, count| work_between(thread, count, |_| ()), |_| ()));
    for count in [100, 1000, 10_000, 100_000, 1_000_000] {
        let name = format!("text-counters-{}", count);
        lines.push(scrape(name, move || request_counters(count), move |text| {
            let expected = (37 * (count - 1) * count / 2) as f64;
            assert_eq!(samples(text, "http_requests_total{"), (count, expected));
        }));
    }
    lines.push(scrape("text-histograms-1000".to_string(), duration_histograms, |text| {
        assert_eq!(samples(text, "http_request_duration_seconds_count{"), (1000, 24_000.0));
        assert_eq!(samples(text, "http_request_duration_seconds_bucket{").0, 12_000);
    }));
    lines
}

fn new_requests() -> IntCounterVec {
    IntCounterVec::new(Opts::new("http_requests_total", "Requests."), &["method", "route", "status"]).unwrap()
}

fn look_up() -> Line {
    let requests = new_requests();
    let checked = requests.clone();
    updates(
        "counter-lookup",
        move |_, count| {
            for _ in 0..count / 8 {
                requests.with_label_values(&["GET", "/api/orders", "200"]).inc();
                requests.with_label_values(&["POST", "/api/orders", "201"]).inc();
                requests.with_label_values(&["GET", "/api/items", "200"]).inc();
                requests.with_label_values(&["GET", "/api/items", "404"]).inc();
                requests.with_label_values(&["PUT", "/api/users", "200"]).inc();
                requests.with_label_values(&["GET", "/api/users", "200"]).inc();
                requests.with_label_values(&["DELETE", "/api/carts", "204"]).inc();
                requests.with_label_values(&["GET", "/api/carts", "500"]).inc();
            }
        },
        move |operations| {
            for labels in [["GET", "/api/orders", "200"], ["GET", "/api/carts", "500"]] {
                assert_eq!(checked.with_label_values(&labels).get(), operations as u64 / 8);
            }
        },
    )
}

fn look_up_long(name: &str, run: fn(&IntCounterVec, &[String], usize)) -> Line {
    let requests = new_requests();
    let checked = requests.clone();
    let routes: Vec<String> = (0..8).map(|index| format!("/api/v1/customers/{}", index)).collect();
    let known = routes.clone();
    updates(
        name,
        move |_, count| run(&requests, &routes, count),
        move |operations| {
            for route in &known {
                assert_eq!(checked.with_label_values(&["GET", route, "200"]).get(), operations as u64 / 8);
            }
        },
    )
}

fn observe(name: &str, run: fn(&Histogram, &[f64], usize, usize)) -> Line {
    let options = HistogramOpts::new("duration_seconds", "Durations.").buckets(BOUNDS.to_vec());
    let histogram = Histogram::with_opts(options).unwrap();
    let checked = histogram.clone();
    let values = observed_values();
    let known = values.clone();
    updates(
        name,
        move |thread, count| run(&histogram, &values, thread, count),
        move |operations| {
            let rounds = operations / GRANULARITY;
            let sum = known.iter().sum::<f64>() * rounds as f64;
            assert_eq!(checked.get_sample_count(), operations as u64);
            assert!((checked.get_sample_sum() / sum - 1.0).abs() < 1e-6, "the sum is {}", checked.get_sample_sum());
            for bucket in checked.metric().get_histogram().get_bucket() {
                let below = known.iter().filter(|value| **value <= bucket.get_upper_bound()).count();
                assert_eq!(bucket.get_cumulative_count(), (below * rounds) as u64);
            }
        },
    )
}

/// Of every bucket, +Inf's among them.
fn observed_values() -> Vec<f64> {
    let mut state = 42;
    let mut next = || {
        state = xorshift(state);
        let bucket = (state % 12) as usize;
        let lower = if bucket > 0 { BOUNDS[bucket - 1] } else { 0.0 };
        let upper = if bucket < 11 { BOUNDS[bucket] } else { 20.0 };
        lower + (upper - lower) * (((state >> 32) % 1000) as f64 + 0.5) / 1000.0
    };
    (0..GRANULARITY).map(|_| next()).collect()
}

fn xorshift(mut state: u64) -> u64 {
    state ^= state << 13;
    state ^= state >> 7;
    state ^ state << 17
}

/// About 100 ns before each operation.
fn work_between(thread: usize, count: usize, operation: impl Fn(usize)) {
    let mut state = thread as u64 + 1;
    for index in 0..count {
        for _ in 0..60 {
            state = xorshift(state);
        }
        operation(index);
    }
    assert!(state != 0, "the work was not done");
}

const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];
const STATUSES: [&str; 5] = ["200", "201", "400", "404", "500"];

fn resource(index: usize) -> String {
    format!("/api/v1/resource/{}", index)
}

/// The i-th series is at 37 i.
fn request_counters(count: usize) -> Registry {
    let requests = new_requests();
    for index in 0..count {
        let labels = [METHODS[index / 5 % 4], &resource(index / 20), STATUSES[index % 5]];
        requests.with_label_values(&labels).inc_by(37 * index as u64);
    }
    registry_of(requests)
}

/// 1,000 series of 24 observations.
fn duration_histograms() -> Registry {
    let options = HistogramOpts::new("http_request_duration_seconds", "Durations of requests.");
    let durations = HistogramVec::new(options.buckets(BOUNDS.to_vec()), &["method", "route"]).unwrap();
    let values = observed_values();
    for index in 0..1000 {
        let child = durations.with_label_values(&[METHODS[index % 4], &resource(index / 4)]);
        for observation in 0..24 {
            child.observe(values[(24 * index + observation) % GRANULARITY]);
        }
    }
    registry_of(durations)
}

fn registry_of(collector: impl Collector + 'static) -> Registry {
    let registry = Registry::new();
    registry.register(Box::new(collector)).unwrap();
    registry
}

/// The number of samples whose lines begin so, and their sum.
fn samples(text: &str, prefix: &str) -> (usize, f64) {
    text.lines().filter(|line| line.starts_with(prefix)).fold((0, 0.0), |(count, sum), line| {
        (count + 1, sum + line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
    })
}
