#if Serve
  import DenseNets
  import Foundation
  import NIOCore

  extension Failure {
    /// What an error means that ended a server: that it could not listen, in most cases.
    static func listening(_ host: String, _ port: Int, _ error: any Error) -> any Error {
      switch error {
      case let error as IOError:
        Failure(
          .inputOutput,
          "\(host), port \(port): cannot listen there: \(String(cString: strerror(error.errnoCode)).lowercased()); choose another host or port"
        )
      case let error as SocketAddressError.UnknownHost:
        Failure(.usage, "\(host): no such host (\(error)); choose another")
      default: error
      }
    }
  }
#endif
