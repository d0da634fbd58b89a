// TestServer: a whole control plane for a test: `cleat server` of the machine's own installation, on loopback, with a
// folder that goes with it and whatever the configuration loads. Its gate, store, kinds, admission and controllers are
// the real ones. There are no nodes.
//
//   test::TestServer server({.config = "[controllers]\nenabled = [\"...\", \"mine\"]\n"
//                                      "[plugins.mine]\npath = \"/build/mine.so\"\n"});
//   ASSERT_EQ(server.problem(), "");
//   server.post("/api/v1/namespaces/default/configmaps", R"({"metadata":{"name":"a"}})");
//   EXPECT_TRUE(server.eventually([&] { return server.get("/api/v1/…").body.find("done") != std::string::npos; }));
//
// With `.manualClock = true` time stands still in it, for the server, its controllers and your plugin, wherever it
// runs:
//
//   EXPECT_EQ(server.clock().advance(std::chrono::hours(1)), "");     // all that is due has been done, in its order
//
// Requests are made as an administrator, by the program `curl`. For tests alone; not for plugins.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace cleat::test {

struct TestServerOptions {
  std::string program = "cleat";  // looked for in PATH where it has no slash
  std::string config = {};        // what a cleat.toml says
  std::chrono::seconds startLimit{60};
  bool manualClock = false;  // the time is the test's to move: TestServer::clock
};

struct ApiAnswer {
  int status = 0;  // 0: there was none
  std::string body;
};

class TestServer {
 public:
  // Of a server with a manual clock, which begins at the time that it is. What follows from something that the test has
  // done is waited for by moving it, also by nothing: `advance({})`.
  class Clock {
   public:
    // Moves it, with all that becomes due on the way: timers of plugins and of the server, each at its time and before
    // the next. Empty; or why that did not come to an end.
    std::string advance(std::chrono::nanoseconds by) {
      const std::string output = server_.folder_ + "/clock";
      std::vector<std::string> words = {server_.program_, "clock",     "--data-dir",
                                        server_.data(),   "--advance", std::to_string(by.count()) + "ns"};
      int status = 0;
      ::waitpid(run(words, output), &status, 0);
      said_ = contentOf(output);
      return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? std::string() : "the clock cannot be moved: " + said_;
    }
    // As objects say it: "2026-03-01T12:00:00.000000Z".
    std::string now() {
      const std::string problem = advance({});
      return problem.empty() ? said_.substr(0, said_.find('\n')) : problem;
    }

   private:
    friend class TestServer;
    explicit Clock(TestServer& server) : server_(server) {}
    TestServer& server_;
    std::string said_;
  };
  Clock& clock() { return clock_; }

  explicit TestServer(TestServerOptions options = {}) {
    std::string pattern = (std::filesystem::temp_directory_path() / "cleat-test-server-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      problem_ = "cannot make a temporary folder";
      return;
    }
    folder_ = pattern;
    program_ = options.program;
    std::ofstream(folder_ + "/cleat.toml") << options.config;
    const std::string port = std::to_string(freePort());
    url_ = "https://127.0.0.1:" + port;
    std::vector<std::string> words = {options.program,     "server",   "--data-dir",           data(), "--listen",
                                      "127.0.0.1:" + port, "--config", folder_ + "/cleat.toml"};
    if (options.manualClock) words.push_back("--manual-clock");
    process_ = run(words, folder_ + "/log");
    waitUntilReady(options.startLimit);
  }
  TestServer(const TestServer&) = delete;
  ~TestServer() {
    stop();
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }

  // Why it does not serve, with what it has written; empty: it does, and all of its plugins are at work.
  const std::string& problem() const { return problem_; }
  const std::string& url() const { return url_; }
  std::string kubeconfig() const { return data() + "/admin.kubeconfig"; }
  // What it has written so far: its log, with the lines of its plugins.
  std::string log() const { return contentOf(folder_ + "/log"); }

  // `path` as in "/api/v1/namespaces/default/pods?limit=5".
  ApiAnswer get(const std::string& path) { return request("GET", path); }
  ApiAnswer post(const std::string& path, const std::string& json) { return request("POST", path, json); }
  ApiAnswer put(const std::string& path, const std::string& json) { return request("PUT", path, json); }
  ApiAnswer patch(const std::string& path, const std::string& json,
                  const std::string& type = "application/merge-patch+json") {
    return request("PATCH", path, json, type);
  }
  ApiAnswer remove(const std::string& path) { return request("DELETE", path); }
  ApiAnswer request(const std::string& method, const std::string& path, const std::string& body = {},
                    const std::string& type = "application/json") {
    const std::string pki = data() + "/pki/", sent = folder_ + "/sent", got = folder_ + "/got";
    std::ofstream(sent) << body;
    std::vector<std::string> words = {"curl",
                                      "--silent",
                                      "--user-agent",
                                      "cleat-test",  // answers to `curl` are indented
                                      "--globoff",
                                      "--max-time",
                                      "30",
                                      "--cacert",
                                      pki + "ca.crt",
                                      "--cert",
                                      pki + "admin.crt",
                                      "--key",
                                      pki + "admin.key",
                                      "--request",
                                      method,
                                      "--header",
                                      "Content-Type: " + type,
                                      "--output",
                                      got + ".body",
                                      "--write-out",
                                      "%{http_code}"};
    if (!body.empty()) words.insert(words.end(), {"--data-binary", "@" + sent});
    words.push_back(url_ + path);
    std::filesystem::remove(got + ".body");
    ::waitpid(run(words, got), nullptr, 0);
    return {std::atoi(contentOf(got).c_str()), contentOf(got + ".body")};
  }

  // Asks again, ten times a second.
  bool eventually(const std::function<bool()>& holds, std::chrono::seconds limit = std::chrono::seconds(30)) {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return true;
  }

  void stop() {
    if (process_ <= 0) return;
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
  }

 private:
  std::string data() const { return folder_ + "/data"; }

  static std::string contentOf(const std::string& file) {
    std::ostringstream all;
    all << std::ifstream(file).rdbuf();
    return all.str();
  }

  static uint16_t freePort() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(fd, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(fd);
    return ntohs(address.sin_port);
  }

  // Its standard streams go to `output`; it ends with this process.
  static pid_t run(const std::vector<std::string>& words, const std::string& output) {
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const int to = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const pid_t process = ::fork();
    if (process == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      ::dup2(to, 1);
      ::dup2(to, 2);
      ::execvp(arguments[0], arguments.data());
      ::_exit(127);
    }
    ::close(to);
    return process;
  }

  void waitUntilReady(std::chrono::seconds limit) {
    const auto until = std::chrono::steady_clock::now() + limit;
    ApiAnswer last;
    while (true) {
      last = get("/readyz?verbose");
      if (last.status == 200) return;
      if (::waitpid(process_, nullptr, WNOHANG) != 0) {
        process_ = 0;
        break;
      }
      if (std::chrono::steady_clock::now() > until) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    problem_ = process_ == 0 ? "the server has ended:\n" + log() : "the server is not ready:\n" + last.body + log();
  }

  std::string folder_, program_, url_, problem_;
  pid_t process_ = 0;
  Clock clock_{*this};
};

}  // namespace cleat::test
