/// Exponential, logistic function and square root in integers: the same on every machine.
enum FixedPoint {
    /// What 1 is in a logit.
    static let logitOne: Int32 = 4096

    /// How many of ``exponentials`` there are, besides the first.
    static let exponentialSteps = 1024

    /// exp(−i / 64) in units of 2^−30.
    static let exponentials: [Int64] = {
        // exp(-1/64) in units of 2^-60 rounds to this; the products lose less than 2^-29 over the table.
        let step: UInt64 = 1_135_047_113_432_355_401
        var values: [Int64] = []
        var value: UInt64 = 1 << 60
        for _ in 0...exponentialSteps {
            values.append(Int64(value >> 30))
            let product = value.multipliedFullWidth(by: step)
            value = product.high << 4 | product.low >> 60
        }
        return values
    }()

    /// exp(−x) in units of 2^−30, for x of at least 0 in units of 1/4096; 0 from 16 on. `exponentials` is
    /// ``exponentials``, which costs a look each time it is asked for.
    @inline(__always)
    static func exponential(ofMinus x: Int64, _ exponentials: UnsafeBufferPointer<Int64>) -> Int64 {
        let place = min(UInt64(bitPattern: max(x, 0)), UInt64(exponentialSteps) << 6 - 1)
        let index = Int(truncatingIfNeeded: place >> 6)
        let left = exponentials[index]
        let value = left &- ((left &- exponentials[index &+ 1]) &* Int64(bitPattern: place & 63)) &>> 6
        return x >= Int64(exponentialSteps) << 6 ? 0 : value
    }

    /// 10,000 / (1 + exp(−x)).
    @inline(__always)
    static func logistic(_ x: Int64, _ exponentials: UnsafeBufferPointer<Int64>) -> Int16 {
        let small = UInt64(bitPattern: exponential(ofMinus: abs(x), exponentials))
        let whole = UInt64(1) << 30
        let above = Int64(bitPattern: (10_000 &* whole &+ (whole &+ small) / 2) / (whole &+ small))
        return Int16(truncatingIfNeeded: x >= 0 ? above : 10_000 &- above)
    }

    /// 32768 / √n for n of 1 to ``TextReader/tokenLimit``.
    static let inverseRoots: [Int32] = (0...TextReader.tokenLimit).map { count in
        // √(2^46 / n) / 2^8 = 2^15 / √n
        guard count > 0 else { return 32768 }
        let target = (UInt64(1) << 46) / UInt64(count)
        var root: UInt64 = 0
        var bit: UInt64 = 1 << 23
        while bit > 0 {
            if (root | bit) * (root | bit) <= target { root |= bit }
            bit >>= 1
        }
        return Int32(root >> 8)
    }

    /// 256 / √n for the numbers of pieces that a word can have.
    static let pieceFactors: [Int32] = (0...96).map { count in
        count == 0 ? 0 : DenseFeatures.root(Int32((1 << 24) / count)) / 16
    }
}
