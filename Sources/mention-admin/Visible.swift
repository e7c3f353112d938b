import Reporting

/// Text of strangers for a terminal.
enum Visible {
    /// The text with control characters, line breaks among them, and marks that turn the writing direction as `\u{…}`.
    static func text(_ text: String) -> String { SafeText.visible(text) }
}
