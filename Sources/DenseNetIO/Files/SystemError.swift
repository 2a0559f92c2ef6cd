import DenseNets

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The operating system's error number as one line: what failed, where, why, and what to do.
func systemFailure(_ action: String, _ path: String, code: Int32) -> Failure {
  Failure(.inputOutput, "\(path): cannot \(action): \(reason(code)); \(remedy(code))")
}

private func reason(_ code: Int32) -> String {
  guard let text = strerror(code) else { return "error \(code)" }
  return String(cString: text).lowercased()
}

private func remedy(_ code: Int32) -> String {
  switch code {
  case ENOSPC: "free some space on that disk or choose another folder"
  case EDQUOT: "your quota is used up: delete some files or choose another folder"
  case EROFS: "the file system is read-only: choose another folder"
  case EACCES, EPERM: "check the permissions or choose another folder"
  case ENOENT: "check that the folder exists"
  case ENOTDIR: "a part of the path is a file: choose another folder"
  case EISDIR: "a folder has that name: choose another name"
  case ENAMETOOLONG: "choose a shorter name"
  case EMFILE: "let this program open more files (ulimit -n 1024), and run again"
  case ENFILE: "the whole system has no more: end other programs, and run again"
  case ELOOP: "its links lead back to themselves: correct them"
  case EIO: "the disk or the network fails: check it or choose another folder"
  case ESTALE: "what it lies on is gone: mount it again"
  case ENOMEM: "free some memory, and run again"
  case EFBIG:
    "the file system or a limit forbids a file of this size: lift the limit (ulimit -f unlimited), or choose another folder"
  default: "check the disk and the path, then run again"
  }
}
