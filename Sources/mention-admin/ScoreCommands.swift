import Advocacy
import ArgumentParser
import Foundation
import Persistence
import Runtime

struct Scores: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows and sets what scores are made with.",
        discussion: """
            Half-life, caps, weights and band limits are stored with a version; docs/scores.md says what each does. A file \
            for set holds a JSON object; what it leaves out gets its default. A new half-life, cap or weight has the \
            background step of the workers fold all authors anew; band limits count at once.

            Examples:
              mention-admin scores show > scores.json
              mention-admin scores check scores.json
              mention-admin scores set scores.json
            """,
        subcommands: [ScoresShow.self, ScoresCheck.self, ScoresSet.self]
    )
}

/// A file with settings.
private enum SettingFile {
    static func read(_ file: String) throws -> ScoreSetting {
        let data = try InputData.read(file)
        let shown = file == "-" ? "standard input" : file
        guard let object = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] else {
            throw ProgramFailure(.usage, "\(shown) holds no JSON object: see mention-admin scores show")
        }
        // `show` tells the version too.
        let unknown = Set(object.keys).subtracting(ScoreSetting.names + ["version", "is_settled"]).sorted()
        guard unknown.isEmpty else {
            throw ProgramFailure(
                .usage,
                "\(shown) has settings that there are not: \(unknown.map { Visible.text($0) }.joined(separator: ", ")); there are "
                    + ScoreSetting.names.joined(separator: ", ")
            )
        }
        let setting: ScoreSetting
        do {
            setting = try JSONDecoder().decode(ScoreSetting.self, from: data)
        } catch let DecodingError.typeMismatch(_, context), let DecodingError.dataCorrupted(context) {
            let name = context.codingPath.map(\.stringValue).joined(separator: ".")
            throw ProgramFailure(
                .usage,
                "\(shown): \(name.isEmpty ? "the file" : name) is no number of its kind: see docs/scores.md"
            )
        } catch {
            throw ProgramFailure(.usage, "\(shown) can't be read as settings: see mention-admin scores show")
        }
        guard setting.problems.isEmpty else {
            throw ProgramFailure(.usage, "\(shown): " + setting.problems.joined(separator: "; "))
        }
        return setting
    }
}

private struct ScoresShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows the settings that stand, as JSON.",
        discussion: """
            is_settled says whether all that is stored is folded with this version.

            Example:
              mention-admin scores show
            """
    )

    @OptionGroup var options: AdminOptions

    private struct Shown: Encodable {
        var version: ScoreSettings.Version

        private enum CodingKeys: String, CodingKey { case version, is_settled }

        func encode(to encoder: any Encoder) throws {
            try version.setting.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(version.version, forKey: .version)
            try container.encode(version.isSettled, forKey: .is_settled)
        }
    }

    func run() async throws {
        try await options.withDatabase { connection, _ in
            let encoder = JSONEncoder()
            encoder.outputFormatting = options.json ? [.sortedKeys] : [.sortedKeys, .prettyPrinted]
            let data = try encoder.encode(Shown(version: try await ScoreSettings.standing(on: connection)))
            StandardStream.output.write(String(decoding: data, as: UTF8.self) + "\n")
        }
    }
}

private struct ScoresCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Says whether a file's settings can stand; asks no database.",
        discussion: """
            Example:
              mention-admin scores check scores.json
            """
    )

    @Argument(help: "A JSON file; - for standard input.") var file: String

    func run() async throws {
        _ = try SettingFile.read(file)
        StandardStream.output.write("The settings are good.\n")
    }
}

private struct ScoresSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Makes a file's settings those that stand.",
        discussion: """
            Example:
              mention-admin scores set scores.json
            """
    )

    @Argument(help: "A JSON file; - for standard input.") var file: String
    @OptionGroup var options: AdminOptions

    func run() async throws {
        let setting = try SettingFile.read(file)
        try await options.withDatabase { connection, _ in
            let line =
                switch try await ScoreSettings.apply(setting, by: Operator.name, on: connection) {
                case .none(let version): "Version \(version) stands already; nothing was changed."
                case .stands(let version): "Version \(version) stands."
                case .refolds(let version, let standings):
                    "Version \(version) stands. The workers' background step folds \(standings) authors anew, about ten seconds"
                        + " for each million; until mention-admin scores show says is_settled, scores are a mixture."
                }
            StandardStream.output.write(line + "\n")
        }
    }
}
