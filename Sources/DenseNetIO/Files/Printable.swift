import DenseNets

/// A foreign string made safe for a one-line message: control characters are escaped, and what is long is cut.
func printable(_ text: String, limit: Int = 80) -> String { DenseNets.printable(text, limit: limit) }
