import Pipeline
import Testing

@Suite struct KeyWavesTests {
    @Test func dealsByTheTimesThatAKeyComesUp() {
        #expect(KeyWaves.deal(["a", "b", "a", "c", "a", "b"]) == [[0, 1, 3], [2, 5], [4]])
        #expect(KeyWaves.deal([String]()) == [])
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func eachPlaceOnceEachKeyOnceAWaveAndInOrder(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let keys = (0..<Int.random(in: 0...200, using: &random)).map { _ in
            Int.random(in: 0..<(1 + Int(seed)), using: &random)
        }
        let waves = KeyWaves.deal(keys)
        #expect(waves.joined().sorted() == Array(keys.indices))
        for wave in waves {
            #expect(!wave.isEmpty)
            #expect(Set(wave.map { keys[$0] }).count == wave.count)
            #expect(wave == wave.sorted())
        }
        let sent = Dictionary(grouping: waves.joined()) { keys[$0] }
        for places in sent.values { #expect(places == places.sorted()) }
        let most = Dictionary(grouping: keys) { $0 }.values.map(\.count).max() ?? 0
        #expect(waves.count == most)
    }
}
