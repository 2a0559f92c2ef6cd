import Foundation

/// The SHA-256 of data as 64 hexadecimal digits, for comparing whole files with what is noted of them: no library that
/// every platform has offers it.
func sha256(_ data: Data) -> String {
  var state = SHA256Tables.initial
  var message = [UInt8](data) + [0x80]
  message += [UInt8](repeating: 0, count: (120 - message.count % 64) % 64)
  message += withUnsafeBytes(of: UInt64(8 * data.count).bigEndian) { [UInt8]($0) }
  for start in stride(from: 0, to: message.count, by: 64) {
    var words = (0..<16).map { i in
      message[start + 4 * i..<start + 4 * i + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
    for i in 16..<64 {
      let (a, b) = (words[i - 15], words[i - 2])
      words.append(
        words[i - 16] &+ (a.rotated(7) ^ a.rotated(18) ^ a >> 3) &+ words[i - 7]
          &+ (b.rotated(17) ^ b.rotated(19) ^ b >> 10))
    }
    var s = state
    for i in 0..<64 {
      let choice = s[4] & s[5] ^ ~s[4] & s[6]
      let majority = s[0] & s[1] ^ s[0] & s[2] ^ s[1] & s[2]
      let first =
        s[7] &+ (s[4].rotated(6) ^ s[4].rotated(11) ^ s[4].rotated(25)) &+ choice &+ SHA256Tables.rounds[i] &+ words[i]
      let second = (s[0].rotated(2) ^ s[0].rotated(13) ^ s[0].rotated(22)) &+ majority
      s = [first &+ second, s[0], s[1], s[2], s[3] &+ first, s[4], s[5], s[6]]
    }
    state = zip(state, s).map { $0 &+ $1 }
  }
  return state.map { String(format: "%08x", $0) }.joined()
}

/// The first 32 bits of the fractional parts of roots of the first primes.
private enum SHA256Tables {
  static let initial = primes.prefix(8).map { fraction(Double($0).squareRoot()) }
  static let rounds = primes.map { cubeRootFraction($0) }

  private static let primes = (2...311).filter { n in !(2..<n).contains { n % $0 == 0 } }

  private static func fraction(_ value: Double) -> UInt32 { UInt32((value - value.rounded(.down)) * 0x1p32) }

  private static func cubeRootFraction(_ n: Int) -> UInt32 { fraction(cbrt(Double(n))) }
}

extension UInt32 {
  fileprivate func rotated(_ count: UInt32) -> UInt32 { self >> count | self << (32 - count) }
}
