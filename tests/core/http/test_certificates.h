// A certificate authority, a server's and a client's certificate for tests, made once per process with the openssl
// program.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace cleat::test {

class Certificates {
 public:
  // The server's is good for 127.0.0.1 only.
  static const Certificates& get() {
    static const Certificates made;
    return made;
  }
  std::string ca, otherCa, server, serverKey, client, clientKey;  // PEM

 private:
  Certificates() {
    std::string pattern = (std::filesystem::temp_directory_path() / "cleat-pki-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    run("printf 'subjectAltName=IP:127.0.0.1\\n' > san");
    for (const char* authority : {"ca", "other"}) {
      run(std::string("openssl req -x509 -days 2 -subj /CN=") + authority + kNewKey + "-keyout " + authority +
          ".key -out " + authority + ".crt");
    }
    for (const char* name : {"server", "client"}) {
      std::string file = name;
      run("openssl req -subj /CN=" + file + kNewKey + "-keyout " + file + ".key -out " + file + ".csr");
      run("openssl x509 -req -days 2 -CA ca.crt -CAkey ca.key -CAcreateserial -extfile san -in " + file + ".csr -out " +
          file + ".crt");
    }
    ca = read("ca.crt"), otherCa = read("other.crt");
    server = read("server.crt"), serverKey = read("server.key");
    client = read("client.crt"), clientKey = read("client.key");
    std::filesystem::remove_all(directory_);
  }

  static constexpr const char* kNewKey = " -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes ";

  void run(const std::string& command) {
    EXPECT_EQ(system(("cd " + directory_ + " && " + command + " 2>/dev/null").c_str()), 0) << command;
  }
  std::string read(const std::string& name) {
    std::ifstream file(directory_ + "/" + name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

  std::string directory_;
};

}  // namespace cleat::test
