/// Bounds of a share that was seen in a number of trials: Wilson, JASA 22 (1927).
public enum Wilson {
    /// 95 per cent, two-sided.
    public static let z = 1.96

    /// The bounds of a share `p` (0…1) seen in `n` ≥ 0 trials, which need not be whole. 0…1 for none.
    ///
    /// Written with u = z² / n, so that a weight that fades is multiplied and never divided by.
    public static func bounds(share p: Double, trials n: Double, z: Double = z) -> (lower: Double, upper: Double) {
        guard n > 0 else { return (0, 1) }
        return bounds(share: p, doubt: z * z / n)
    }

    /// The same from u = z² / n.
    static func bounds(share p: Double, doubt u: Double) -> (lower: Double, upper: Double) {
        let margin = (u * (p * (1 - p) + u / 4)).squareRoot()
        return (max(0, (p + u / 2 - margin) / (1 + u)), min(1, (p + u / 2 + margin) / (1 + u)))
    }
}
