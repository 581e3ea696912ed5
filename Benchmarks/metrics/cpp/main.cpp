// The peer on prometheus-cpp: see ../compare, and Sources/Measurement for what every peer does alike.
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using prometheus::Registry;
using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr int granularity = 1024;
const std::vector<double> bounds{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};

struct Updates {
  std::function<void(int thread, long count)> run;
  std::function<void(long operations)> check;
};

struct Scrape {
  std::shared_ptr<Registry> registry;
  std::function<void(const std::string&)> check;
};

// A line is either updates or a scrape.
struct Line {
  std::string name;
  std::function<Updates()> updates;
  std::function<Scrape()> scrape;
};

void expect(bool condition, const std::string& message) {
  if (!condition) throw std::runtime_error(message);
}

void expectEqual(double actual, double expected, const std::string& what) {
  expect(actual == expected, what + " is " + std::to_string(actual) + " instead of " + std::to_string(expected));
}

nanoseconds timed(int threads, const std::function<void(int thread)>& body) {
  std::atomic<int> missing{threads};
  auto pass = [&] {
    --missing;
    while (missing > 0) {
    }
  };
  std::vector<std::thread> others;
  for (int thread = 1; thread < threads; thread++)
    others.emplace_back([&, thread] {
      pass();
      body(thread);
    });
  pass();
  auto start = Clock::now();
  body(0);
  for (auto& other : others) other.join();
  return Clock::now() - start;
}

double nanosecondsPerUpdate(const Updates& work, int threads, nanoseconds measured) {
  long count = granularity, operations = 0;
  auto once = [&] {
    operations += threads * count;
    return timed(threads, [&](int thread) { work.run(thread, count); });
  };
  nanoseconds elapsed;
  for (; (elapsed = once()) < measured / 4; count *= 2) {
  }
  double wanted = static_cast<double>(count) * measured.count() / elapsed.count();
  count = static_cast<long>(wanted) / granularity * granularity + granularity;
  elapsed = once();
  work.check(operations);
  return static_cast<double>(elapsed.count()) / (threads * count);
}

double repeat(nanoseconds least, const Registry& registry, std::ostringstream& buffer) {
  auto start = Clock::now();
  int scrapes = 0;
  do {
    buffer.str("");
    prometheus::TextSerializer().Serialize(buffer, registry.Collect());
    scrapes++;
  } while (Clock::now() - start < least);
  return static_cast<double>(nanoseconds(Clock::now() - start).count()) / scrapes;
}

// The kernel's accounting by process counts what the program was started from as well.
long peakMemory() {
  std::ifstream status("/proc/self/status");
  std::string field;
  long kilobytes = 0;
  while (status >> field && field != "VmHWM:") {
  }
  expect(static_cast<bool>(status >> kilobytes), "the kernel doesn't tell the peak of memory");
  return 1024 * kilobytes;
}

std::uint64_t xorshift(std::uint64_t state) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^ state << 17;
}

// About 100 ns before each operation.
template <typename Operation>
void workBetween(int thread, long count, Operation operation) {
  std::uint64_t state = thread + 1;
  for (long index = 0; index < count; index++) {
    for (int step = 0; step < 60; step++) state = xorshift(state);
    operation(index);
  }
  expect(state != 0, "the work was not done");
}

// Of every bucket, +Inf's among them.
const std::array<double, granularity> observedValues = [] {
  std::array<double, granularity> values;
  std::uint64_t state = 42;
  for (double& value : values) {
    state = xorshift(state);
    auto bucket = state % 12;
    double lower = bucket > 0 ? bounds[bucket - 1] : 0, upper = bucket < 11 ? bounds[bucket] : 20;
    value = lower + (upper - lower) * ((state >> 32) % 1000 + 0.5) / 1000;
  }
  return values;
}();

double observedValue(int thread, long index) { return observedValues[(index + 512 * thread) % granularity]; }

Updates counterUpdates(std::function<void(prometheus::Counter&, int, long)> run, double each) {
  auto counter = std::make_shared<prometheus::Counter>();
  return {[=](int thread, long count) { run(*counter, thread, count); },
          [=](long operations) { expectEqual(counter->Value(), each * operations, "the counter"); }};
}

Updates gaugeUpdates(std::function<void(prometheus::Gauge&, long)> run, std::function<double(long)> expected) {
  auto gauge = std::make_shared<prometheus::Gauge>();
  return {[=](int, long count) { run(*gauge, count); },
          [=](long operations) { expectEqual(gauge->Value(), expected(operations), "the gauge"); }};
}

void checkHistogram(const prometheus::Histogram& histogram, long operations) {
  auto state = histogram.Collect().histogram;
  long rounds = operations / granularity;
  double sum = 0;
  for (double value : observedValues) sum += value * rounds;
  expectEqual(state.sample_count, operations, "the count");
  expect(std::abs(state.sample_sum / sum - 1) < 1e-6, "the sum is " + std::to_string(state.sample_sum));
  for (const auto& bucket : state.bucket) {
    long count = 0;
    for (double value : observedValues) count += value <= bucket.upper_bound ? rounds : 0;
    expectEqual(bucket.cumulative_count, count, "a bucket");
  }
}

Updates histogramUpdates(std::function<void(prometheus::Histogram&, int, long)> run) {
  auto histogram = std::make_shared<prometheus::Histogram>(bounds);
  return {[=](int thread, long count) { run(*histogram, thread, count); },
          [=](long operations) { checkHistogram(*histogram, operations); }};
}

using Counters = prometheus::Family<prometheus::Counter>;

Counters& newRequests(Registry& registry) {
  return prometheus::BuildCounter().Name("http_requests_total").Help("Requests.").Register(registry);
}

// What the library has for a look-up of a child.
prometheus::Counter& child(Counters& requests, const char* method, const std::string& route, const char* status) {
  return requests.Add({{"method", method}, {"route", route}, {"status", status}});
}

Updates lookUp() {
  auto registry = std::make_shared<Registry>();
  auto& requests = newRequests(*registry);
  return {[registry, &requests](int, long count) {
            for (long index = 0; index < count; index += 8) {
              child(requests, "GET", "/api/orders", "200").Increment();
              child(requests, "POST", "/api/orders", "201").Increment();
              child(requests, "GET", "/api/items", "200").Increment();
              child(requests, "GET", "/api/items", "404").Increment();
              child(requests, "PUT", "/api/users", "200").Increment();
              child(requests, "GET", "/api/users", "200").Increment();
              child(requests, "DELETE", "/api/carts", "204").Increment();
              child(requests, "GET", "/api/carts", "500").Increment();
            }
          },
          [&requests](long operations) {
            expectEqual(child(requests, "GET", "/api/orders", "200").Value(), operations / 8, "the first child");
            expectEqual(child(requests, "GET", "/api/carts", "500").Value(), operations / 8, "the last child");
          }};
}

// The route of each of 8 children is what `route` returns for it.
template <typename Route>
Updates lookUpLong(Route route) {
  auto registry = std::make_shared<Registry>();
  auto& requests = newRequests(*registry);
  std::vector<std::string> routes;
  for (int index = 0; index < 8; index++) routes.push_back("/api/v1/customers/" + std::to_string(index));
  return {[registry, &requests, routes, route](int, long count) {
            for (long index = 0; index < count; index++)
              child(requests, "GET", route(routes[index % 8]), "200").Increment();
          },
          [&requests, routes](long operations) {
            for (const auto& known : routes)
              expectEqual(child(requests, "GET", known, "200").Value(), operations / 8, "the child of " + known);
          }};
}

const char* const methods[]{"GET", "POST", "PUT", "DELETE"};
const char* const statuses[]{"200", "201", "400", "404", "500"};

std::string resource(int index) { return "/api/v1/resource/" + std::to_string(index); }

// The number of samples whose lines begin so, and their sum.
std::pair<long, double> samples(const std::string& text, const std::string& prefix) {
  std::istringstream lines(text);
  long count = 0;
  double sum = 0;
  for (std::string line; std::getline(lines, line);)
    if (line.rfind(prefix, 0) == 0) {
      count++;
      sum += std::stod(line.substr(line.rfind(' ')));
    }
  return {count, sum};
}

// The i-th series is at 37 i.
Scrape requestCounters(long count) {
  auto registry = std::make_shared<Registry>();
  auto& requests = newRequests(*registry);
  for (long index = 0; index < count; index++)
    child(requests, methods[index / 5 % 4], resource(index / 20), statuses[index % 5]).Increment(37.0 * index);
  return {registry, [count](const std::string& text) {
            auto [found, sum] = samples(text, "http_requests_total{");
            expectEqual(found, count, "the number of counters");
            expectEqual(sum, 37.0 * (count - 1) * count / 2, "their sum");
          }};
}

// 1,000 series of 24 observations.
Scrape durationHistograms() {
  auto registry = std::make_shared<Registry>();
  auto& durations = prometheus::BuildHistogram()
                        .Name("http_request_duration_seconds")
                        .Help("Durations of requests.")
                        .Register(*registry);
  for (int index = 0; index < 1000; index++) {
    auto& child = durations.Add({{"method", methods[index % 4]}, {"route", resource(index / 4)}}, bounds);
    for (int observation = 24 * index; observation < 24 * (index + 1); observation++)
      child.Observe(observedValue(0, observation));
  }
  return {registry, [](const std::string& text) {
            auto [found, sum] = samples(text, "http_request_duration_seconds_count{");
            expectEqual(found, 1000, "the number of histograms");
            expectEqual(sum, 24'000, "the number of observations");
            expectEqual(samples(text, "http_request_duration_seconds_bucket{").first, 12'000, "the number of buckets");
          }};
}

std::vector<Line> allLines() {
  using prometheus::Counter;
  using prometheus::Gauge;
  using prometheus::Histogram;
  auto increment = [](Counter& counter, int, long count) {
    for (long index = 0; index < count; index++) counter.Increment();
  };
  auto incrementWork = [](Counter& counter, int thread, long count) {
    workBetween(thread, count, [&](long) { counter.Increment(); });
  };
  auto add = [](Counter& counter, int, long count) {
    for (long index = 0; index < count; index++) counter.Increment(0.5);
  };
  auto set = [](Gauge& gauge, long count) {
    for (long index = 0; index < count; index++) gauge.Set(index % granularity);
  };
  auto gaugeAdd = [](Gauge& gauge, long count) {
    for (long index = 0; index < count; index++) gauge.Increment(0.5);
  };
  auto observe = [](Histogram& histogram, int thread, long count) {
    for (long index = 0; index < count; index++) histogram.Observe(observedValue(thread, index));
  };
  auto observeWork = [](Histogram& histogram, int thread, long count) {
    workBetween(thread, count, [&](long index) { histogram.Observe(observedValue(thread, index)); });
  };
  auto work = [](int thread, long count) { workBetween(thread, count, [](long) {}); };
  auto known = [](const std::string& route) -> const std::string& { return route; };
  auto fresh = [](const std::string& route) { return std::string(route.data(), route.size()); };
  std::vector<Line> lines{
      {"counter-increment", [=] { return counterUpdates(increment, 1); }, nullptr},
      {"counter-increment-work", [=] { return counterUpdates(incrementWork, 1); }, nullptr},
      {"counter-add", [=] { return counterUpdates(add, 0.5); }, nullptr},
      {"counter-lookup", lookUp, nullptr},
      {"counter-lookup-long", [=] { return lookUpLong(known); }, nullptr},
      {"counter-lookup-fresh", [=] { return lookUpLong(fresh); }, nullptr},
      {"gauge-set", [=] { return gaugeUpdates(set, [](long) { return granularity - 1; }); }, nullptr},
      {"gauge-add", [=] { return gaugeUpdates(gaugeAdd, [](long count) { return 0.5 * count; }); }, nullptr},
      {"histogram-observe", [=] { return histogramUpdates(observe); }, nullptr},
      {"histogram-observe-work", [=] { return histogramUpdates(observeWork); }, nullptr},
      {"work", [=] { return Updates{work, [](long) {}}; }, nullptr},
      {"text-histograms-1000", nullptr, durationHistograms},
  };
  for (long count : {100, 1000, 10'000, 100'000, 1'000'000})
    lines.push_back({"text-counters-" + std::to_string(count), nullptr, [=] { return requestCounters(count); }});
  return lines;
}

void measure(const Line& line, int threads, nanoseconds measured) {
  if (line.updates) {
    std::cout << nanosecondsPerUpdate(line.updates(), threads, measured) << " ns\n";
    return;
  }
  auto work = line.scrape();
  std::ostringstream buffer;
  repeat(measured / 4, *work.registry, buffer);
  auto time = repeat(measured, *work.registry, buffer);
  auto peak = peakMemory();
  auto text = buffer.str();
  std::cout << time << " ns\n" << text.size() << " bytes\n" << peak << " peak\n";
  work.check(text);
}

int main(int count, char** arguments) try {
  auto lines = allLines();
  if (count == 1) {
    for (const auto& line : lines) {
      std::cout << line.name << " 1\n";
      if (line.updates) std::cout << line.name << " 2\n";
    }
    return 0;
  }
  expect(count == 4, "usage: peer [LINE THREADS MILLISECONDS]");
  for (const auto& line : lines)
    if (line.name == arguments[1]) {
      measure(line, std::stoi(arguments[2]), std::chrono::milliseconds(std::stoi(arguments[3])));
      return 0;
    }
  expect(false, std::string("no line ") + arguments[1]);
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
