import Foundation
import Fuzzing
import Subprocess
import Testing

/// The program that fuzzes, as benchmarks/fuzz.sh runs it: a bounded run, and proof that it finds what it must.
@Suite struct FuzzProgramTests {
    private static let environment = ProcessInfo.processInfo.environment

    /// How many inputs a run of the tests takes: `FARM_FUZZ`.
    private static let inputs = environment["FARM_FUZZ"].flatMap { Int($0) } ?? 25_000
    /// `FARM_SEED`.
    private static let seed = environment["FARM_SEED"].flatMap { UInt64($0) } ?? 1

    /// The program lies beside the test bundle, which is a program itself.
    private static let program: String = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("mention-fuzz").path
    }()

    private struct Summary: Decodable {
        struct Target: Decodable {
            var inputs: Int
            var classes: [String: Int]
        }

        var inputs: Int
        var seed: UInt64
        var targets: [String: Target]
        var problems: [String]
    }

    private func fuzz(_ arguments: [String]) async throws -> (
        summary: Summary?, code: Int32?, output: String, log: String
    ) {
        let result = try await Subprocess.run(
            .path(.init(Self.program)),
            arguments: .init(arguments),
            output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20)
        )
        var code: Int32?
        if case .exited(let number) = result.terminationStatus { code = number }
        let output = result.standardOutput
        let summary = try? JSONDecoder().decode(Summary.self, from: Data(output.utf8))
        return (summary, code, output, result.standardError)
    }

    @Test func everyTargetKeepsItsRules() async throws {
        // A sanitizer keeps memory back and is slow: FARM_FUZZ_OPTIONS then has other bounds.
        let options = Self.environment["FARM_FUZZ_OPTIONS"]?.split(separator: " ").map(String.init) ?? []
        let run = try await fuzz(["run", "--inputs", "\(Self.inputs)", "--seed", "\(Self.seed)"] + options)
        let summary = try #require(run.summary, "\(run.log)")
        #expect(summary.problems == [])
        #expect(run.code == 0)
        // A server's notices, for one, are not to be seen.
        #expect(run.log == "")
        #expect(summary.seed == Self.seed)
        #expect(Set(summary.targets.keys) == Set(FuzzCatalogue.all.map { $0.name }))
        for (name, target) in summary.targets {
            #expect(target.classes.values.reduce(0, +) == target.inputs, "\(name)")
            // Neither all nor nothing is damaged beyond reading.
            #expect(target.classes.count > 1, "\(name): \(target.classes)")
        }
        #expect(summary.targets.values.map(\.inputs).reduce(0, +) == summary.inputs)
    }

    @Test func everyReasonOfTheDecoderIsReached() async throws {
        let run = try await fuzz(["run", "--target", "event", "--inputs", "12000"])
        let classes = try #require(run.summary?.targets["event"]?.classes.keys)
        let reasons = ["bad_date", "bad_field", "bad_json", "missing_field", "not_utf8", "nul_character", "too_deep"]
        #expect(classes.contains("accepted"))
        for reason in reasons { #expect(classes.contains(reason), "\(reason)") }
    }

    @Test func aCrashIsNamedWithItsInput() async throws {
        let run = try await fuzz(["run", "--target", "planted-crash", "--inputs", "5000"])
        #expect(run.code == 70)
        let problem = try #require(run.summary?.problems.first)
        #expect(problem.contains("died of"))
        #expect(problem.contains("mention-fuzz replay planted-crash --seed 1 --number "))
        let number = try #require(problem.split(separator: " ").last.map(String.init))
        let again = try await fuzz(["replay", "planted-crash", "--number", number])
        #expect(again.code != 0)
    }

    @Test func aHangIsNamedWithItsInput() async throws {
        let run = try await fuzz(["run", "--target", "planted-hang", "--inputs", "5000", "--hang-seconds", "0.5"])
        #expect(run.code == 70)
        #expect(run.summary?.problems.first?.contains("does not end: mention-fuzz replay planted-hang") == true)
    }

    @Test func growthIsFound() async throws {
        let run = try await fuzz(["run", "--target", "planted-growth", "--inputs", "5000"])
        #expect(run.code == 70)
        #expect(run.summary?.problems.first?.contains("memory grew") == true)
    }

    @Test func aBrokenRuleIsNamedWithItsInput() async throws {
        let run = try await fuzz(["run", "--target", "planted-finding", "--inputs", "5000"])
        #expect(run.code == 70)
        let problem = try #require(run.summary?.problems.first)
        let number = try #require(problem.split(separator: " ").last.map(String.init))
        let again = try await fuzz(["replay", "planted-finding", "--number", number])
        #expect(again.code == 70)
        #expect(again.output.contains("42 was accepted"))
        #expect(again.output.hasPrefix("1 bytes, damaged 0 times: *"))
    }

    @Test func mistakesOnTheCommandLineAreNamed() async throws {
        let run = try await fuzz(["run", "--target", "nothing"])
        #expect(run.code == 64)
        #expect(run.log.contains("there is no target nothing: the targets are event, "))
    }
}
