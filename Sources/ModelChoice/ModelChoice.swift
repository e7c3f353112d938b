public import ArgumentParser
public import Classification
internal import Foundation
public import Runtime
internal import ShippedModel

/// Which model a program classifies with.
public struct ModelOptions: ParsableArguments, SettingsFlags {
    /// `--model`.
    @Option(help: SettingKey.model.help)
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
        guard let name = try string("model"), !name.isEmpty else { return try ModelFile.classifier(nil) }
        if name == "lexicon" { return LexiconClassifier() }
        return try ModelFile.classifier(name, as: "\(name) (\(try place(of: "model")))")
    }
}

/// A model file that an operator names.
public enum ModelFile {
    /// More than the largest model: a table of 2^20 slots and a card.
    private static let limit = 64 << 20

    /// A classifier with the model of a file; nil for the model that comes with the programs.
    ///
    /// - Parameter source: what messages call it; the path, unless told otherwise.
    /// - Throws: `ProgramFailure` (78) with what is wrong, and the remedy.
    public static func classifier(_ path: String?, as source: String? = nil) throws(ProgramFailure) -> TrainedClassifier
    {
        let source = source ?? path ?? "the model that comes with this program"
        let bytes = if let path { try read(path, as: source) } else { ShippedModel.bytes() }
        do throws(ModelError) {
            return TrainedClassifier(model: try ModelFormat.decode(bytes))
        } catch {
            throw ProgramFailure(.configuration, "\(source): \(error)")
        }
    }

    private static func read(_ path: String, as source: String) throws(ProgramFailure) -> [UInt8] {
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
