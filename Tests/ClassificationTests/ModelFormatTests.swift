import Classification
import MentionModel
import Testing

@Suite struct ModelFormatTests {
    private let file = ModelFormat.encode(SmallModel.model)

    @Test func comesBackAsItWas() throws {
        let model = try ModelFormat.decode(file)
        #expect(model.version == "small-1")
        #expect(model.card == "{}")
        #expect(model.table.count == SmallModel.model.table.count)
        #expect(model.calibration == SmallModel.model.calibration)
        #expect(model.thresholds == SmallModel.model.thresholds)
        #expect(ModelFormat.encode(model) == file)
        let text = Array("how good is a bad table?".utf8)
        var scratch = ClassifierScratch()
        #expect(
            TrainedClassifier(model: model).reading(of: text.span, scratch: &scratch)
                == TrainedClassifier(model: SmallModel.model).reading(of: text.span, scratch: &scratch)
        )
    }

    @Test func everyCutIsRefused() {
        for count in 0..<file.count {
            #expect(throws: ModelError.self) { try ModelFormat.decode(Array(file[..<count])) }
        }
        #expect(throws: ModelError.self) { try ModelFormat.decode(file + [0]) }
    }

    @Test func everyFlippedByteIsRefused() {
        for index in file.indices {
            var damaged = file
            damaged[index] ^= 0x41
            #expect(throws: ModelError.self, "byte \(index)") { try ModelFormat.decode(damaged) }
        }
    }

    @Test func kindsOfFailureAreTold() throws {
        #expect(throws: ModelError.notAModel) { try ModelFormat.decode(Array("hello".utf8)) }
        #expect(throws: ModelError.notAModel) { try ModelFormat.decode([]) }
        var other = file
        other[8] = 9
        #expect(throws: ModelError.otherVersion(format: 9, reader: 1)) { try ModelFormat.decode(other) }
        var damaged = file
        damaged[file.count - 1] ^= 1
        #expect(throws: ModelError.wrongChecksum) { try ModelFormat.decode(damaged) }
        #expect("\(ModelError.wrongChecksum)".contains("copy it again"))
    }

    /// Hostile files have a right checksum: what they announce must not be believed.
    @Test func noFileTraps() {
        var random = SeededGenerator(seed: 11)
        var refused = 0
        for _ in 0..<20_000 {
            var hostile = file
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                // Mostly in the head, where the sizes are.
                let limit = Bool.random(using: &random) ? 80 : hostile.count
                hostile[Int.random(in: 24..<limit, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) {
                hostile.removeLast(Int.random(in: 0...hostile.count - 24, using: &random))
            }
            sign(&hostile)
            guard let model = try? ModelFormat.decode(hostile) else {
                refused += 1
                continue
            }
            var scratch = ClassifierScratch()
            let text = Array("good bad how idiot free table good".utf8)
            _ = TrainedClassifier(model: model).reading(of: text.span, scratch: &scratch)
            _ = TrainedClassifier(model: model).classify(text.span, language: nil, scratch: &scratch)
        }
        #expect(refused > 1_000)
    }

    private func sign(_ file: inout [UInt8]) {
        let checksum = XXH64.hash(Array(file[24...]).span)
        for byte in 0..<8 { file[16 + byte] = UInt8(truncatingIfNeeded: checksum >> UInt64(8 * byte)) }
    }
}
