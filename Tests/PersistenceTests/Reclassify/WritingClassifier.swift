import Classification
import MentionModel
import Synchronization

/// The verdicts of the writing tests as a classifier: at each turn another model.
struct WritingClassifier: Classifier {
    var turn = 0
    /// How many texts it was asked for; shared by copies.
    private let asked = Counter()

    private final class Counter: Sendable {
        let count = Mutex(0)
    }

    init(turn: Int) { self.turn = turn }

    var modelVersion: String { WritingShell.model(turn) }
    var texts: Int { asked.count.withLock { $0 } }

    func classify(_ text: Span<UInt8>, language: Span<UInt8>?, scratch: inout ClassifierScratch) -> Verdict {
        asked.count.withLock { $0 += 1 }
        let bytes = text.withUnsafeBufferPointer { Array($0) }
        return WritingPreparation.verdict(String(decoding: bytes, as: UTF8.self), turn: turn)
    }
}
