import Glibc
import TestSupport

/// Scrapes while threads update, remove and add, and checks that no scrape is torn and that nothing is lost:
/// `ScrapeRace SCRAPES`.
///
/// A program of its own, so that it can be built for release: with fewer scrapes it is one of the tests too.
@main enum ScrapeRace {
    static func main() {
        guard let scrapes = CommandLine.arguments.dropFirst().first.flatMap({ Int($0) }) else {
            print("usage: ScrapeRace SCRAPES")
            exit(2)
        }
        do {
            for race in HistogramRace.all { print(try race.run(scrapes: max(10, scrapes / race.divisor))) }
            print(try FamilyRace().run(scrapes: max(10, scrapes / 20)))
            print(try PassingFamilies.run(rounds: max(10, scrapes / 400)))
        } catch {
            print("\(error)")
            exit(1)
        }
    }
}

/// Says what isn't so.
func check(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    if !condition { throw TestFailure(what()) }
}
