import Foundation

/// Runs `body` with the path of a file of this content, and removes it.
func withFile<Result>(_ content: String, _ body: (String) async throws -> Result) async throws -> Result {
    let url = FileManager.default.temporaryDirectory.appending(path: "mention-farm-test-\(UUID().uuidString)")
    try Data(content.utf8).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try await body(url.path)
}
