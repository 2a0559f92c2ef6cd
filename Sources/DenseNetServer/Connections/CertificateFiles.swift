#if Serve
  import DenseNets
  import Foundation
  import NIOSSL

  /// A certificate chain and its key, in PEM.
  enum CertificateFiles {
    /// - Throws: `Failure` where a file cannot be read, or holds something else.
    static func configuration(_ certificate: String, _ key: String) throws -> TLSConfiguration {
      for path in [certificate, key] where !FileManager.default.isReadableFile(atPath: path) {
        throw Failure(.missingInput, "\(path): no such file, or it cannot be read; check the path and its permissions")
      }
      do {
        let chain = try NIOSSLCertificate.fromPEMFile(certificate)
        let key = try NIOSSLPrivateKey(file: key, format: .pem)
        guard !chain.isEmpty else {
          throw Failure(.invalidData, "\(certificate): expected a certificate in PEM, found none")
        }
        return .makeServerConfiguration(certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
      } catch let failure as Failure {
        throw failure
      } catch {
        throw Failure(
          .invalidData,
          "\(certificate), \(key): expected a certificate and its key in PEM, found something else (\(error))")
      }
    }
  }
#endif
