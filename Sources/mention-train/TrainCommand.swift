import ArgumentParser
import Classification
import Foundation
import Runtime
import Training

/// Trains all heads.
struct TrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Learns all heads from a folder of data and writes one model file.",
        discussion: """
            The folder holds labelled/HEAD/*.tsv (label, tab, text; names that begin with dev are measured by), \
            text/*.txt (texts without labels) and lexicons/. Files named *evaluate_only* are not read. The same data \
            and seed give the same file, whatever the number of threads.

            Example:
              mention-train train --data ../shared/data --output mention.mfm
            """
    )

    @Option(help: ArgumentHelp("The folder of data.", valueName: "folder")) var data: String
    @Option(help: ArgumentHelp("Where the model goes.", valueName: "file")) var output: String
    @Option(help: "All that is random follows from it.") var seed: UInt64 = 1
    @Option(help: "Pieces of work side by side.") var threads = 2

    func validate() throws {
        guard (1...64).contains(threads) else { throw ValidationError("--threads must be from 1 to 64.") }
    }

    func run() async throws {
        var settings = TrainingSettings()
        settings.seed = seed
        settings.threads = threads
        let start = ContinuousClock.now
        let run = TrainingRun(files: try DataFolder.files(in: data), settings: settings) { line in
            StandardStream.error.write("\((ContinuousClock.now - start).components.seconds) s  \(line)\n")
        }
        let model: Model
        do {
            model = try await run.run()
        } catch let error as TrainingRun.Failure {
            throw ProgramFailure(.usage, "\(data): \(error)")
        }
        let bytes = ModelFormat.encode(model)
        try Files.write(bytes, to: output)
        let seconds = (ContinuousClock.now - start).components.seconds
        StandardStream.output.write(
            "{\"model\":\"\(model.version)\",\"bytes\":\(bytes.count),\"rows\":\(model.table.count),\"seconds\":\(seconds)}\n"
        )
    }
}

/// The folder that a model is trained from.
enum DataFolder {
    /// Terms by the beginning of a file's name; they go into the model.
    static let terms: [(prefix: String, terms: String)] = [
        ("labelled/sentiment/", "SemEval-2017 task 4, research use"),
        ("labelled/emotion/", "TweetEval (SemEval-2018 task 1), research use"),
        ("labelled/irony/", "TweetEval (SemEval-2018 task 3), research use"),
        ("labelled/offensive/", "TweetEval (OLID), research use"),
        ("labelled/complaint/", "Preoţiuc-Pietro, Gaman, Aletras 2019, research use"),
        ("labelled/speech_act/", "BSD-2-Clause"),
        ("labelled/spam/sms", "UCI SMS Spam Collection, CC BY 4.0"),
        ("labelled/spam/email", "Enron-Spam, public"),
        ("text/", "TweetEval, research use"),
        ("lexicons/vader", "VADER (Hutto, Gilbert 2014), MIT"),
        ("lexicons/emoji", "VADER (Hutto, Gilbert 2014), MIT"),
        ("lexicons/AFINN", "AFINN (Nielsen 2011), Apache-2.0"),
        ("lexicons/", "opinion lexicon (Hu, Liu 2004), free with citation"),
    ]

    static func files(in folder: String) throws(ProgramFailure) -> [DataFile] {
        var files: [DataFile] = []
        func add(_ name: String, _ role: DataFile.Role) throws(ProgramFailure) {
            let known = terms.first { name.hasPrefix($0.prefix) }?.terms ?? "not stated"
            files.append(
                DataFile(name: name, role: role, bytes: try Files.read(folder + "/" + name), terms: known)
            )
        }
        for head in Head.allCases {
            for name in names(in: folder + "/labelled/" + head.rawValue, ending: ".tsv") {
                let path = "labelled/\(head.rawValue)/\(name)"
                try add(path, name.hasPrefix("dev") ? .dev(head) : .train(head))
            }
        }
        for name in names(in: folder + "/text", ending: ".txt") { try add("text/" + name, .text) }
        for name in names(in: folder + "/lexicons", ending: ".txt") {
            switch name {
            case "vader_lexicon.txt": try add("lexicons/" + name, .lexicon(0, unit: 4))
            case "emoji_utf8_lexicon.txt": try add("lexicons/" + name, .emojiNames(0))
            case _ where name.hasPrefix("AFINN"): try add("lexicons/" + name, .lexicon(1, unit: 5))
            case "positive-words.txt": try add("lexicons/" + name, .wordList(2, valence: 1))
            case "negative-words.txt": try add("lexicons/" + name, .wordList(2, valence: -1))
            default: break
            }
        }
        guard !files.isEmpty else {
            throw ProgramFailure(.usage, "\(folder) holds no data: give a folder with labelled/HEAD/*.tsv")
        }
        return files
    }

    private static func names(in folder: String, ending: String) -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return all.filter { $0.hasSuffix(ending) && !$0.contains("evaluate_only") }.sorted()
    }
}
