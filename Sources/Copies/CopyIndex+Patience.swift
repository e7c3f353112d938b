extension CopyIndex {
    /// How many comparisons one mention may cost, and how much is kept for it.
    public struct Patience: Sendable, Equatable {
        /// With how many texts one mention is compared at most.
        public var comparisons: Int
        /// After so many that were not similar enough, no more are compared: what is left agrees less still.
        public var failures: Int

        /// For who has little time: what is too much for a bucket of the bands is given up.
        public static let little = Patience(comparisons: 16, failures: 4)
        /// For who has to find all: what is too much for a bucket is kept beside it, up to thousands of texts.
        public static let all = Patience(comparisons: 512, failures: 512)
    }
}
