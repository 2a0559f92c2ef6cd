/// The least number of elements to insert, to leave out and to exchange that makes `b` of `a` (Levenshtein 1966).
package func editDistance<Element: Equatable>(_ a: [Element], _ b: [Element]) -> Int {
  var row = Array(0...b.count)
  for (i, element) in a.enumerated() {
    var last = row[0]
    row[0] = i + 1
    for (j, other) in b.enumerated() {
      (last, row[j + 1]) = (row[j + 1], element == other ? last : 1 + min(last, row[j], row[j + 1]))
    }
  }
  return row[b.count]
}
