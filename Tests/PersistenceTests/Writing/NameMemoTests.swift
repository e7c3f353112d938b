import MentionModel
import Testing

@testable import Persistence

@Suite struct NameMemoTests {
    @Test func namesKeepTheirNumbersOrAreForgotten() {
        var arena = ByteArena()
        let names = (0..<500).map { arena.append("brand \($0)") }
        var memo = NameMemo()
        for (number, name) in names.enumerated() {
            #expect(memo.number(of: name, in: arena) == nil)
            memo.learn(name, in: arena, Int32(number))
            #expect(memo.number(of: name, in: arena) == Int32(number))
        }
        // Of 500 names 64 at most are left, and none with another's number.
        var kept = 0
        for (number, name) in names.enumerated() {
            guard let found = memo.number(of: name, in: arena) else { continue }
            #expect(found == Int32(number))
            kept += 1
        }
        #expect(kept > 32 && kept <= 64)
        #expect(memo.number(of: .absent, in: arena) == nil)
    }

    @Test func theSameBytesElsewhereAreTheSameName() {
        var one = ByteArena()
        var other = ByteArena()
        _ = other.append("something before it")
        var memo = NameMemo()
        memo.learn(one.append("é"), in: one, 1)
        #expect(memo.number(of: other.append("é"), in: other) == 1)
        // Canonically equivalent, but other bytes.
        #expect(memo.number(of: other.append("e\u{301}"), in: other) == nil)
    }
}
