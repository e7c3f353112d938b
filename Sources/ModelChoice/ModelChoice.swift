public import ArgumentParser
public import Classification
internal import Foundation
public import MentionModel
public import Runtime
internal import ShippedModel

/// Which model a program classifies with.
public struct ModelOptions: ParsableArguments, SettingsFlags {
    /// `--model`.
    @Option(
        help: ArgumentHelp(
            """
            A model file of mention-train, or lexicon for a plain sum of word valences, the baseline \
            (MENTIONS_MODEL; default: the model that comes with the program).
            """,
            valueName: "file"
        )
    )
    public var model: String?

    /// Without options.
    public init() {}

    /// What was given.
    public var flags: Flags { ["model": model] }
}

extension Settings {
    /// The classifier of the setting `model`: the shipped one, that of a file, or `lexicon`.
    ///
    /// - Throws: `ConfigurationError`, or `ProgramFailure` (78) that names the file, what is wrong with it, and the
    ///   remedy.
    public func classifier() throws -> any Classifier {
        guard let name = try string("model"), !name.isEmpty else {
            return try NamedModel(ShippedModel.bytes(), from: "the model that comes with this program")
        }
        if name == "lexicon" { return LexiconClassifier() }
        let source = "\(name) (\(try place(of: "model")))"
        return try NamedModel(try ModelFile.read(name, as: source), from: source)
    }
}

/// A trained model under the name that is stored with each mention: its version, and the first eight digits of its file's
/// checksum. So two files of one version are two models.
public struct NamedModel: Classifier {
    private let base: TrainedClassifier
    /// Such as `trained-1-371e70d3+0c7f2a91`.
    public let modelVersion: String

    /// Reads a model.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - source: what messages call it.
    /// - Throws: `ProgramFailure` (78) with what is wrong.
    public init(_ bytes: [UInt8], from source: String) throws(ProgramFailure) {
        let model: Model
        do throws(ModelError) {
            model = try ModelFormat.decode(bytes)
        } catch {
            throw ProgramFailure(.configuration, "\(source): \(error)")
        }
        guard model.version.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ProgramFailure(.configuration, "\(source): the model's version is no plain text: train it anew")
        }
        base = TrainedClassifier(model: model)
        // Of all bytes behind it; what stands before it is one for all files that can be read.
        var checksum: UInt64 = 0
        for byte in bytes[ModelFormat.checksumBytes].reversed() { checksum = checksum << 8 | UInt64(byte) }
        let digits = String(checksum >> 32, radix: 16)
        modelVersion = "\(model.version)+\(String(repeating: "0", count: 8 - digits.count))\(digits)"
    }

    /// As the model says.
    public func classify(_ text: Span<UInt8>, language: Span<UInt8>?, scratch: inout ClassifierScratch) -> Verdict {
        base.classify(text, language: language, scratch: &scratch)
    }
}

/// A model file that an operator names.
enum ModelFile {
    /// More than the largest model: a table of 2^20 slots and a card.
    static let limit = 64 << 20

    static func read(_ path: String, as source: String) throws(ProgramFailure) -> [UInt8] {
        func refuse(_ problem: String) -> ProgramFailure { ProgramFailure(.configuration, "\(source): \(problem)") }
        let attributes = try? FileManager.default.attributesOfItem(
            atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        )
        guard let attributes else {
            throw refuse("there is no such file: give a model file, lexicon, or nothing for the shipped model")
        }
        // Anything else than a file could keep the program waiting.
        guard attributes[.type] as? FileAttributeType == .typeRegular, let size = attributes[.size] as? Int else {
            throw refuse("is no file: give a model file of mention-train")
        }
        guard size <= limit else {
            throw refuse("has \(size) bytes and a model at most \(limit): give a model file of mention-train")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw refuse("can't be read: make it readable for this user")
        }
        guard !data.isEmpty else { throw refuse("is empty: copy it again") }
        return Array(data)
    }
}
