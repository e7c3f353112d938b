import ArgumentParser
import Foundation
import Testing

@testable import Runtime
@testable import mention_admin
@testable import mention_producer
@testable import mention_worker

/// The table of settings and what is made of it.
@Suite struct ConfigurationReferenceTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    @Test(arguments: ["docs/configuration.md", "deploy/env.example"])
    func isUpToDate(_ path: String) throws {
        let isPage = path.hasSuffix(".md")
        let made = isPage ? ConfigurationReference.markdown() : ConfigurationReference.environment()
        let format = isPage ? "markdown" : "env"
        let stored = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
        let isSame = stored == made
        #expect(isSame, "run: mention-admin configuration-reference --format \(format) >\(path)")
    }

    @Test func namesAndVariablesAreUnique() {
        #expect(Set(SettingKey.all.map(\.name)).count == SettingKey.all.count)
        #expect(Set(SettingKey.all.map(\.variable)).count == SettingKey.all.count)
        #expect(SettingKey.all.allSatisfy { !$0.programs.isEmpty && !$0.meaning.hasSuffix(".") })
    }

    /// Each default and each example is a value that the setting takes.
    @Test(arguments: SettingKey.all.map(\.name).filter { $0 != "config" })
    func defaultAndExampleAreTaken(_ name: String) async throws {
        let key = try #require(SettingKey.all.first { $0.name == name })
        for value in [key.fallback, key.example].compactMap({ $0 }) {
            let settings = try await Settings(flags: [:], environment: [key.variable: value])
            switch key.kind {
            case .text, .file, .list: #expect(!value.isEmpty)
            case .integer, .bytes: #expect(try settings.int(key) == Int(value))
            case .number(let range): #expect(try range.contains(settings.double(name, default: -1, in: range)))
            case .duration: #expect(try settings.duration(key) == Settings.parseDuration(value))
            case .flag: #expect(try settings.bool(key))
            case .choice(let words): #expect(words.contains(value))
            }
        }
    }

    /// What the table says of a program is what its command line takes, with the help that the table has.
    @Test func everyProgramHasItsOptions() {
        let helps: [(SettingKey.Program, [String])] = [
            (.worker, [MentionWorker.helpMessage(columns: 10_000)]),
            (
                .producer,
                [MentionProducer.helpMessage(for: mention_producer.GenerateCommand.self, columns: 10_000)]
            ),
            (
                .admin,
                [MentionAdmin.helpMessage(for: mention_admin.ConfigCheckCommand.self, columns: 10_000)]
            ),
        ]
        for (program, pages) in helps {
            for key in SettingKey.all where key.programs.contains(program) {
                // Its option comes with the endpoint itself.
                if key.name == "metrics-address" { continue }
                // A producer has no group, but shares the options about Kafka.
                #expect(pages.contains { $0.contains("\(key.flag) ") }, "\(program.rawValue) has no \(key.flag)")
                #expect(pages.contains { $0.contains(key.meaning) }, "\(program.rawValue) \(key.flag)")
            }
        }
    }
}
