import Classification
import Foundation
import ModelChoice
import Runtime
import ShippedModel
import Testing

@Suite struct ModelChoiceTests {
    private static func settings(_ model: String?) async throws -> Settings {
        try await Settings(flags: ["model": model], environment: [:])
    }

    /// Writes bytes to a file for the length of `body`.
    private static func withFile(_ bytes: [UInt8], _ body: (String) async throws -> Void) async throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("model-\(UUID().uuidString).mfm")
        try Data(bytes).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        try await body(url.path)
    }

    private static func refusal(_ model: String) async throws -> ProgramFailure {
        let settings = try await settings(model)
        return try #require(throws: ProgramFailure.self) { try settings.classifier() }
    }

    @Test func theShippedModelIsTheDefault() async throws {
        let shipped = try ShippedModel.load()
        let classifier = try await Self.settings(nil).classifier()
        #expect(classifier.modelVersion.hasPrefix(shipped.version + "+"))
        #expect(classifier.modelVersion.count == shipped.version.count + 9)
        let text = Array("I love it, thank you!".utf8)
        let plain = TrainedClassifier(model: shipped).classify(text.span, language: nil)
        #expect(classifier.classify(text.span, language: nil) == plain)
        #expect(plain.sentiment == .positive)
    }

    @Test func theLexiconHasAName() async throws {
        let settings = try await Self.settings("lexicon")
        #expect(try settings.classifier().modelVersion == "lexicon-1")
    }

    @Test func theEnvironmentNamesAModelToo() async throws {
        let settings = try await Settings(flags: [:], environment: ["MENTIONS_MODEL": "lexicon"])
        #expect(try settings.classifier().modelVersion == "lexicon-1")
    }

    /// One version, other bytes: two models.
    @Test func theStoredVersionTellsTheBytesApart() async throws {
        var model = try ShippedModel.load()
        try await Self.withFile(ShippedModel.bytes()) { path in
            let same = try await Self.settings(path).classifier().modelVersion
            let shipped = try await Self.settings(nil).classifier().modelVersion
            #expect(shipped == same)
        }
        model.thresholds.complaint += 1
        try await Self.withFile(ModelFormat.encode(model)) { path in
            let other = try await Self.settings(path).classifier().modelVersion
            #expect(other.hasPrefix(model.version + "+"))
            let shipped = try await Self.settings(nil).classifier().modelVersion
            #expect(shipped != other)
        }
    }

    @Test func aFileThatCannotBeUsedIsNamedWithTheRemedy() async throws {
        let bytes = ShippedModel.bytes()
        var damaged = bytes
        damaged[damaged.count / 2] ^= 1
        var other = bytes
        other[8] = 99
        let cases: [([UInt8], String)] = [
            (damaged, "checksum is wrong"), (Array(bytes.dropLast(7)), "copy it again"),
            (other, "format 99"), (Array("hello".utf8), "not a model file"), ([], "is empty"),
        ]
        for (content, words) in cases {
            try await Self.withFile(content) { path in
                let refusal = try await Self.refusal(path)
                #expect(refusal.exitStatus == .configuration)
                let sentence = "\(refusal)"
                #expect(
                    sentence.contains(words) && sentence.contains(path) && sentence.contains("--model"),
                    "\(sentence)"
                )
            }
        }
        let missing = try await Self.refusal("/no/such/model.mfm")
        #expect(missing.exitStatus == .configuration && "\(missing)".contains("no such file"), "\(missing)")
        for path in ["/dev/zero", "/tmp"] {
            let refusal = try await Self.refusal(path)
            #expect("\(refusal)".contains("is no file"), "\(refusal)")
        }
    }
}
