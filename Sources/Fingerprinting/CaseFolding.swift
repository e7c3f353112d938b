/// Simple case folding: one scalar to one scalar, never to a longer UTF-8 form.
///
/// It covers ASCII, Latin-1, Latin Extended-A, Latin Extended Additional (Vietnamese), Greek, Cyrillic and the
/// full-width Latin letters, by the arithmetic of their blocks (Unicode CaseFolding.txt, status C and S), and İ to i,
/// which Unicode folds to two scalars. Every other scalar stays as it is: ß stays ß, and composed and decomposed
/// letters stay different.
///
/// Stored hashes depend on it: it must never change. A wider folding has to be another function.
public enum CaseFolding {
    /// The folded form of a scalar.
    public static func fold(_ scalar: UInt32) -> UInt32 {
        switch scalar {
        case 0x41...0x5A: scalar + 0x20
        case 0...0x7F: scalar
        case 0x80...0x17F: foldLatin(scalar)
        case 0x370...0x3FF: foldGreek(scalar)
        case 0x400...0x40F: scalar + 80
        case 0x410...0x42F: scalar + 32
        case 0x460...0x481, 0x48A...0x4BF, 0x4D0...0x52F: scalar | 1
        case 0x4C0: 0x4CF
        case 0x4C1...0x4CE: oddToEven(scalar)
        case 0x1E00...0x1E95, 0x1EA0...0x1EFF: scalar | 1
        case 0x1E9B: 0x1E61
        case 0x1E9E: 0xDF
        case 0xFF21...0xFF3A: scalar + 0x20
        default: scalar
        }
    }

    private static func foldLatin(_ scalar: UInt32) -> UInt32 {
        switch scalar {
        case 0xB5: 0x3BC
        case 0xD7: scalar
        case 0xC0...0xDE: scalar + 0x20
        case 0x130: 0x69
        case 0x100...0x12F, 0x132...0x137, 0x14A...0x177: scalar | 1
        case 0x139...0x148, 0x179...0x17E: oddToEven(scalar)
        case 0x178: 0xFF
        case 0x17F: 0x73
        default: scalar
        }
    }

    private static func foldGreek(_ scalar: UInt32) -> UInt32 {
        switch scalar {
        case 0x370...0x373, 0x376...0x377, 0x3D8...0x3EF: scalar | 1
        case 0x37F: 0x3F3
        case 0x386: 0x3AC
        case 0x388...0x38A: scalar + 37
        case 0x38C: 0x3CC
        case 0x38E...0x38F: scalar + 63
        case 0x3A2: scalar
        case 0x391...0x3AB: scalar + 32
        case 0x3C2: 0x3C3
        case 0x3CF: 0x3D7
        case 0x3D0: 0x3B2
        case 0x3D1, 0x3F4: 0x3B8
        case 0x3D5: 0x3C6
        case 0x3D6: 0x3C0
        case 0x3F0: 0x3BA
        case 0x3F1: 0x3C1
        case 0x3F5: 0x3B5
        case 0x3F7, 0x3FA: scalar + 1
        case 0x3F9: 0x3F2
        case 0x3FD...0x3FF: scalar - 130
        default: scalar
        }
    }

    /// In these runs the capital is the odd scalar and its small letter the next one.
    private static func oddToEven(_ scalar: UInt32) -> UInt32 {
        scalar & 1 == 1 ? scalar + 1 : scalar
    }
}
