import ArgumentParser
import Classification
import Foundation
import ModelChoice
import Runtime
import Training

/// The program `mention-train`.
struct MentionTrain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mention-train",
        abstract: "Trains the classifier, measures it, and shows what it says and why.",
        discussion: """
            Exit codes: 0 done; 64 usage; 70 a file can't be read or written; 78 a model that can't be used.
            """,
        subcommands: [
            TrainCommand.self, EvaluateCommand.self, PredictCommand.self, ExplainCommand.self, InfoCommand.self,
            BenchCommand.self,
        ]
    )
}

/// Which model a command uses.
struct ModelOption: ParsableArguments {
    @Option(help: ArgumentHelp("The model file (default: the model that comes with the program).", valueName: "file"))
    var model: String?

    func classifier() throws -> TrainedClassifier { try ModelFile.classifier(model) }
}

/// Whole files.
enum Files {
    static func read(_ path: String) throws(ProgramFailure) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ProgramFailure(.usage, "\(path) can't be read: give a readable file")
        }
        return Array(data)
    }

    static func readOrStandardInput(_ path: String) throws(ProgramFailure) -> [UInt8] {
        guard path == "-" else { return try read(path) }
        do {
            return Array(try FileHandle.standardInput.readToEnd() ?? Data())
        } catch {
            throw ProgramFailure(.internalError, "standard input can't be read")
        }
    }

    /// Writes beside the file and renames, so that no reader sees half a model.
    static func write(_ bytes: [UInt8], to path: String) throws(ProgramFailure) {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw ProgramFailure(.internalError, "\(path) can't be written: give a file in a folder that can be")
        }
    }
}

/// Measures a model on labelled files.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measures one head on files of label, tab, text; prints one JSON line a file.",
        discussion: """
            Lines whose label the head does not have, such as column names, are left out. texts_per_second_per_core \
            is all heads and the verdict, by the thread's own time: the best of five passes of half a second.

            Examples:
              mention-train evaluate --head sentiment dev.tsv test.tsv
              mention-train evaluate --head spam --model new.mfm sms.tsv
            """
    )

    @Option(help: "sentiment, emotion, irony, offensive, complaint, speech_act, suggestion or spam.")
    var head: String
    @OptionGroup var model: ModelOption
    @Argument(help: "Files of label, tab, text.") var files: [String]

    func run() throws {
        guard let head = Head(rawValue: head) else {
            let names = Head.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--head must be one of \(names).")
        }
        let classifier = try model.classifier()
        for file in files {
            var skipped = 0
            let set = LabelledSet(tsv: try Files.read(file), names: head.labels, skipped: &skipped)
            guard !set.labels.isEmpty else {
                throw ProgramFailure(
                    .usage,
                    "\(file), line \(set.firstSkipped ?? 1): no line has a label of \(head.rawValue) and a tab: give lines "
                        + "of label, tab, text with the labels \(head.labels.joined(separator: ", "))"
                )
            }
            let line = Evaluation.line(set, head: head, file: file, classifier: classifier) { ThreadTime.nanoseconds() }
            StandardStream.output.write(line + "\n")
            if let line = set.firstSkipped {
                StandardStream.error.write(
                    "\(file), line \(line): left out, as \(skipped) in all, for want of a label of \(head.rawValue) and a "
                        + "tab: write label, tab, text, with the labels \(head.labels.joined(separator: ", "))\n"
                )
            }
        }
    }
}

/// The processor time of the thread that asks.
enum ThreadTime {
    static func nanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}

/// Adds what a model says to a file.
struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Adds columns with what the model says to tab-separated lines.",
        discussion: """
            The columns are \(Prediction.columns.joined(separator: ", ")). All but the last two are empty where the \
            model can't read the language.

            Examples:
              mention-train predict texts.tsv > out.tsv
              cut -f2 dev.tsv | mention-train predict -
            """
    )

    @OptionGroup var model: ModelOption
    @Option(help: ArgumentHelp("The column of the text, from 1 on (default: the last).", valueName: "number"))
    var column: Int?
    @Flag(help: "The first line holds column names; the names of the new columns are added to it.")
    var header = false
    @Argument(help: "A file, or - for standard input.") var file = "-"

    func validate() throws {
        if let column, column < 1 { throw ValidationError("--column must be 1 or more.") }
    }

    func run() throws {
        var prediction = Prediction(classifier: try model.classifier(), column: column)
        var output = ""
        for (number, line) in try Files.readOrStandardInput(file).split(separator: 0x0A).enumerated() {
            var line = Array(line)
            if line.last == 0x0D { line.removeLast() }
            if header, number == 0 {
                output +=
                    String(decoding: line, as: UTF8.self) + "\t" + Prediction.columns.joined(separator: "\t") + "\n"
                continue
            }
            guard let predicted = prediction.line(line) else {
                throw ProgramFailure(.usage, "\(file), line \(number + 1): there is no column \(column ?? 1)")
            }
            output += predicted + "\n"
            if output.utf8.count > 1 << 16 {
                guard StandardStream.output.write(output) else { return }
                output = ""
            }
        }
        StandardStream.output.write(output)
    }
}

/// Shows why.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Shows which features of a text moved which head, and by how much.",
        discussion: """
            Numbers are logits: what is added to the sum of the label named, before calibration.

            Example:
              mention-train explain "The new update is great, but it drains my battery :("
            """
    )

    @OptionGroup var model: ModelOption
    @Option(help: ArgumentHelp("At most so many features a head.", valueName: "number")) var most = 8
    @Argument(help: "The text.") var text: String

    func run() throws {
        let classifier = try model.classifier()
        let bytes = Array(text.utf8)
        let lines = classifier.explain(bytes.span).lines(most: most)
        StandardStream.output.write(lines.joined(separator: "\n") + "\n")
        let verdict = classifier.classify(bytes.span, language: nil)
        let prediction = verdict.sentiment == nil ? "unreadable: not English, as far as can be told" : "readable"
        StandardStream.output.write("language: \(prediction)\n")
    }
}

/// Shows what a model says of itself.
struct InfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Prints a model's version, and its card as one JSON line: data, settings, scores, terms."
    )

    @OptionGroup var model: ModelOption

    func run() throws {
        let classifier = try model.classifier()
        StandardStream.output.write(classifier.modelVersion + "\n" + classifier.model.card + "\n")
    }
}

/// Measures the speed.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Classifies the lines of a file over and over on one thread; prints texts a second as JSON.",
        discussion: """
            All heads, normalisation, phrases and the guess of the language included. See benchmarks/classifier.sh.

            Example:
              mention-train bench texts.txt
            """
    )

    @OptionGroup var model: ModelOption
    @Option(
        help: ArgumentHelp(
            "How often the file is classified, once warm, in one pass (default: the best of five passes of half a "
                + "second).",
            valueName: "number"
        )
    )
    var rounds: Int?
    @Argument(help: "A file with a text a line; of tab-separated lines, the last column.") var file: String

    func validate() throws {
        if let rounds, rounds < 1 { throw ValidationError("--rounds must be 1 or more.") }
    }

    func run() throws {
        let classifier = try model.classifier()
        let texts = try Files.read(file).split(separator: 0x0A).map { Array($0.split(separator: 0x09).last ?? []) }
        let speed = Evaluation.speed(of: classifier, texts, rounds: rounds, nanoseconds: ThreadTime.nanoseconds)
            .textsPerSecond
        let bytes = texts.reduce(0) { $0 + $1.count }
        StandardStream.output.write(
            "{\"texts\":\(texts.count),\"mean_bytes\":\(bytes / max(1, texts.count)),"
                + "\"texts_per_second_per_core\":\(speed)}\n"
        )
    }
}
