// What the machine can do at best. Each is one thread's work, with another at the loopback's far end.
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "tests/bench/load/loads.h"

namespace cleat::bench {
namespace {

constexpr double kEachMs = 1000;
constexpr std::size_t kRecord = 16 * 1024;
constexpr std::size_t kMessage = 300;
constexpr std::size_t kMegabyte = 1'000'000;

using Key = std::unique_ptr<EVP_PKEY, Releaser<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Releaser<X509_free>>;
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, Releaser<EVP_CIPHER_CTX_free>>;

// How often a second `step` can be done.
template <typename Step>
double rateOf(Step step) {
  auto began = Clock::now();
  std::uint64_t times = 0;
  while (millisecondsSince(began) < kEachMs) {
    step();
    ++times;
  }
  return static_cast<double>(times) * 1000 / millisecondsSince(began);
}

double syncsPerSecond(const std::string& folder) {
  const std::string name = folder + "/bench-sync";
  int file = open(name.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC | O_APPEND, 0600);
  if (file < 0) failSystem("making " + name);
  const std::array<char, 4096> page{};
  double rate = rateOf([&] {
    if (write(file, page.data(), page.size()) < 0 || fdatasync(file) != 0) failSystem("syncing " + name);
  });
  close(file);
  std::filesystem::remove(name);
  return rate;
}

double copiedPerSecond() {
  std::vector<char> from(64 * 1024 * 1024, 'x');
  std::vector<char> to(from.size());
  return static_cast<double>(from.size()) * rateOf([&] {
           std::memcpy(to.data(), from.data(), from.size());
           asm volatile("" : : "r"(to.data()) : "memory");
         });
}

double encryptedPerSecond() {
  Cipher cipher(EVP_CIPHER_CTX_new());
  const std::array<unsigned char, 16> key{};
  std::array<unsigned char, 12> nonce{};
  std::vector<unsigned char> record(kRecord);
  std::array<unsigned char, 16> tag{};
  int size = 0;
  EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr, key.data(), nonce.data());
  return static_cast<double>(kRecord) * rateOf([&] {
           ++nonce[0];
           EVP_EncryptInit_ex(cipher.get(), nullptr, nullptr, nullptr, nonce.data());
           EVP_EncryptUpdate(cipher.get(), record.data(), &size, record.data(), static_cast<int>(record.size()));
           EVP_EncryptFinal_ex(cipher.get(), record.data(), &size);
           EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag.size(), tag.data());
         });
}

// A server's context, with a certificate that it signs itself.
TlsContext serverContext() {
  Key key(EVP_EC_gen("P-256"));
  Certificate certificate(X509_new());
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  if (X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0 ||
      SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
    failTls("making a certificate");
  }
  return context;
}

// Listens on a port of its own; `serve` has the first who connects.
class Listener {
 public:
  template <typename Serve>
  explicit Listener(Serve serve) : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* general = reinterpret_cast<sockaddr*>(&address);
    if (descriptor_ < 0 || bind(descriptor_, general, size) != 0 || listen(descriptor_, 1) != 0 ||
        getsockname(descriptor_, general, &size) != 0) {
      failSystem("listening");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this, serve] {
      int client = accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
      serve(client);
      close(client);
    });
  }
  ~Listener() {
    thread_.join();
    close(descriptor_);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  int descriptor_;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

// Bytes a second that come out of a connection: `read` says how many, and less than one at the end.
template <typename Read>
double readPerSecond(Read read) {
  double bytes = 0;
  auto began = Clock::now();
  for (auto count = read(); count > 0; count = read()) bytes += static_cast<double>(count);
  return bytes * 1000 / millisecondsSince(began);
}

template <typename Write>
void writeForAWhile(Write write) {
  auto began = Clock::now();
  while (millisecondsSince(began) < kEachMs && write() > 0) {
  }
}

double throughTcp() {
  Listener listener([](int client) {
    std::vector<char> piece(16 * kRecord, 'x');
    writeForAWhile([&] { return ::send(client, piece.data(), piece.size(), MSG_NOSIGNAL); });
  });
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(listener.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) failSystem("connecting");
  std::vector<char> buffer(16 * kRecord);
  double rate = readPerSecond([&] { return ::read(descriptor, buffer.data(), buffer.size()); });
  close(descriptor);
  return rate;
}

// The first who connects, over TLS.
template <typename Serve>
Listener tlsListener(SSL_CTX* context, Serve serve) {
  return Listener([context, serve](int descriptor) {
    Tls tls(SSL_new(context));
    SSL_set_fd(tls.get(), descriptor);
    if (SSL_accept(tls.get()) != 1) return;
    serve(tls.get());
    SSL_shutdown(tls.get());
  });
}

double throughTls() {
  TlsContext server = serverContext();
  TlsContext client = clientContext("");
  Listener listener = tlsListener(server.get(), [](SSL* tls) {
    const std::vector<char> record(kRecord, 'x');
    writeForAWhile([&] { return SSL_write(tls, record.data(), static_cast<int>(record.size())); });
  });
  Connection connection(client.get(), {listener.port(), {}});
  return readPerSecond([&] { return connection.receiveRaw(); });
}

// Questions of a request's size that are answered with as much, one after another.
double tlsRoundTrips() {
  TlsContext server = serverContext();
  TlsContext client = clientContext("");
  Listener listener = tlsListener(server.get(), [](SSL* tls) {
    std::array<char, kMessage> message{};
    while (SSL_read(tls, message.data(), message.size()) > 0 && SSL_write(tls, message.data(), message.size()) > 0) {
    }
  });
  Connection connection(client.get(), {listener.port(), {}});
  const std::string message(kMessage, 'x');
  return rateOf([&] {
    connection.send(message);
    if (connection.receiveRaw() == 0) throw std::runtime_error("the other end has gone");
  });
}

}  // namespace

void printLimits(const std::string& folder, bool json) {
  double mb = static_cast<double>(kMegabyte);
  printFigures({{"fdatasync_per_second", syncsPerSecond(folder)},
                {"memcpy_mb_per_second", copiedPerSecond() / mb},
                {"aes_gcm_mb_per_second", encryptedPerSecond() / mb},
                {"tcp_mb_per_second", throughTcp() / mb},
                {"tls_mb_per_second", throughTls() / mb},
                {"tls_round_trips_per_second", tlsRoundTrips()}},
               json);
}

}  // namespace cleat::bench
