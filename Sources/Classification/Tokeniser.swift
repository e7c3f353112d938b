/// The door to normalisation for training and tests; a ``Model`` reads texts by itself.
public enum Tokeniser {
    /// Replaces what `scratch` holds by the tokens of `text`.
    public static func read(_ text: Span<UInt8>, into scratch: inout TextScratch) {
        TextReader.read(text, into: &scratch)
    }

    /// The key of a token with this spelling, taken as it is.
    public static func key(ofSpelling spelling: some Sequence<UInt8>) -> UInt64 { TokenHash.of(spelling) }
}
