extension Duration {
    /// Whole milliseconds, rounded up, in 0 ... `Int32.max`: what librdkafka takes as a time.
    var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < 2_000_000 else { return .max }
        let (whole, rest) = attoseconds.quotientAndRemainder(dividingBy: 1_000_000_000_000_000)
        return Int32(clamping: seconds * 1_000 + whole + (rest > 0 ? 1 : 0))
    }
}
