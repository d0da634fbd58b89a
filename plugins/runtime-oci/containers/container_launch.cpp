// The parts of Containers that deal with conmon and the OCI runtime.
#include "containers/containers.h"
#include "containers/sandboxes.h"
#include "machine/namespaces.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/process.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>

namespace cleat::runtime {
namespace {

namespace json = boost::json;

constexpr int kCreateTimeoutMs = 60000;
constexpr int kStartTimeoutMs = 30000;

std::vector<std::string> conmonArguments(const ContainerSettings& settings, const std::string& runtimeRoot,
                                         const std::string& folder, const ContainerRecord& record) {
  std::vector<std::string> arguments{settings.conmon,
                                     "--api-version",
                                     "1",
                                     "--cid",
                                     record.id,
                                     "--cuuid",
                                     record.id,
                                     "--name",
                                     record.wish.name,
                                     "--runtime",
                                     settings.runtime,
                                     "--runtime-arg",
                                     "--root=" + runtimeRoot,
                                     "--bundle",
                                     folder,
                                     "--persist-dir",
                                     folder,
                                     "--exit-dir",
                                     settings.exitFolder,
                                     "--container-pidfile",
                                     folder + "/pid",
                                     "--conmon-pidfile",
                                     folder + "/conmon.pid",
                                     "--full-attach",
                                     "--no-sync-log",
                                     "--log-level",
                                     "error",
                                     "--log-path",
                                     "k8s-file:" + (record.logPath.empty() ? "/dev/null" : record.logPath)};
  if (record.wish.tty) arguments.push_back("--terminal");
  if (record.wish.stdinOpen) {
    arguments.push_back("--stdin");
    if (!record.wish.stdinOnce) arguments.push_back("--leave-stdin-open");
  }
  return arguments;
}

// Reads one line of conmon's, or what there is when the time is up or conmon has closed its end.
std::string readReport(int fd, int timeoutMs) {
  std::string report;
  while (report.find('\n') == std::string::npos) {
    pollfd watched{fd, POLLIN, 0};
    int ready = poll(&watched, 1, timeoutMs);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) break;
    char buffer[4096];
    ssize_t count = read(fd, buffer, sizeof buffer);
    if (count <= 0) break;
    report.append(buffer, size_t(count));
    if (report.size() > (1 << 20)) break;
  }
  return report;
}

}  // namespace

std::string runtimeErrorText(const std::string& output) {
  // logrus: time="…" level=error msg="…", one a line; the last error says it best.
  size_t start = output.rfind("msg=\"");
  std::string text;
  if (start == std::string::npos) {
    text = output;
  } else {
    for (size_t i = start + 5; i < output.size() && output[i] != '"'; ++i) {
      if (output[i] == '\\' && i + 1 < output.size()) ++i;
      text += output[i];
    }
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

int signalNumber(const std::string& name) {
  std::string word = name.starts_with("SIG") ? name.substr(3) : name;
  int number = 0;
  auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (!word.empty() && error == std::errc() && stop == word.data() + word.size())
    return number > 0 && number <= SIGRTMAX ? number : 0;
  int realTime = word.starts_with("RTMIN") ? SIGRTMIN : word.starts_with("RTMAX") ? SIGRTMAX : 0;
  if (realTime != 0) {
    number = realTime + std::atoi(word.c_str() + 5);
    return number >= SIGRTMIN && number <= SIGRTMAX ? number : 0;
  }
  for (number = 1; number < 32; ++number)
    if (const char* known = sigabbrev_np(number); known != nullptr && word == known) return number;
  return 0;
}

Result<void> Containers::launch(const ContainerRecord& record) const {
  std::string folder = folderOf(record.id);
  for (const std::string& needed : {settings_.exitFolder, runtimeRoot()})
    if (auto made = makeFolders(needed, 0700); !made) return made;
  if (!record.logPath.empty())
    if (auto made = makeFolders(record.logPath.substr(0, record.logPath.rfind('/')), 0755); !made) return made;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail(systemError("cannot make a pipe", errno));
  Fd reading(ends[0]), writing(ends[1]);
  constexpr int kReportFd = 3;
  // The monitor's own complaints.
  Fd log(open((folder + "/conmon.log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  Command command{
      .argv = conmonArguments(settings_, runtimeRoot(), folder, record),
      .environment = std::vector<std::string>{"_OCI_SYNCPIPE=" + std::to_string(kReportFd),
                                              "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                              "XDG_RUNTIME_DIR=" + settings_.runFolder},
      .folder = folder,
      .descriptors = {{kReportFd, writing.get()}, {1, log.get()}, {2, log.get()}},
      .newSession = true};
  CLEAT_TRY(auto starter, spawn(command));
  writing.reset();
  // conmon goes on in a grandchild, which our death does not touch.
  int code = waitForExit(starter);
  std::string report = readReport(reading.get(), kCreateTimeoutMs);
  json::error_code error;
  json::value value = json::parse(report, error);
  const json::object* object = !error && value.is_object() ? &value.get_object() : nullptr;
  const json::value* pid = object ? object->if_contains("data") : nullptr;
  if (pid && pid->is_int64() && pid->get_int64() > 0) return {};
  std::string why;
  if (const json::value* message = object ? object->if_contains("message") : nullptr; message && message->is_string())
    why = runtimeErrorText(std::string(message->get_string()));
  if (why.empty()) why = runtimeErrorText(readFile(folder + "/conmon.log").value_or(""));
  if (why.empty()) why = "conmon ended with code " + std::to_string(code);
  return fail(Status::internal("container create failed: " + why));
}

// What `runc start` does, without starting a program: the container's first process waits to open a FIFO for writing,
// and goes on to its command when somebody opens it for reading.
Result<bool> Containers::openFifo(const ContainerRecord& record) const {
  std::string path = runtimeRoot() + "/" + record.id + "/exec.fifo";
  bool isRunc = settings_.runtime.ends_with("/runc");
  // Looked up before the FIFO is opened: from then on a short command may end at any moment.
  Fd process = processDescriptor(pid(record.id));
  if (!process)
    return fail(Status::internal("container start failed: its first process has ended before it was started"));
  Fd fifo(isRunc ? open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1);
  if (!fifo) {
    CLEAT_TRY(auto output, run(Command{.argv = {settings_.runtime, "--root", runtimeRoot(), "start", record.id}},
                               {.timeoutMs = kStartTimeoutMs}));
    if (!output.succeeded())
      return fail(Status::internal("container start failed: " + runtimeErrorText(output.standardError)));
    return true;
  }
  pollfd watched[2] = {{fifo.get(), POLLIN, 0}, {process.get(), POLLIN, 0}};
  int ready;
  do ready = poll(watched, 2, kStartTimeoutMs);
  while (ready < 0 && errno == EINTR);
  char byte;
  if (ready > 0 && read(fifo.get(), &byte, 1) == 1) {
    unlink(path.c_str());
    return true;
  }
  return fail(Status::internal(ready == 0 ? "container start failed: its first process does not answer"
                                          : "container start failed: its first process has ended"));
}

Result<void> Containers::update(const ContainerRecord& record, const Resources& wanted) const {
  json::object cpu, memory, pids, resources;
  if (wanted.cpuShares > 0) cpu["shares"] = wanted.cpuShares;
  if (wanted.cpuQuotaUs != 0) cpu["quota"] = wanted.cpuQuotaUs;
  if (wanted.cpuQuotaUs > 0) cpu["period"] = wanted.cpuPeriodUs == 0 ? 100000 : wanted.cpuPeriodUs;
  if (!wanted.cpusetCpus.empty()) cpu["cpus"] = wanted.cpusetCpus;
  if (wanted.memoryLimitBytes >= cgroup::kNoLimit)
    memory["limit"] = -1;
  else if (wanted.memoryLimitBytes > 0)
    memory["limit"] = wanted.memoryLimitBytes;
  if (wanted.pidsLimit > 0) pids["limit"] = wanted.pidsLimit;
  if (!cpu.empty()) resources["cpu"] = std::move(cpu);
  if (!memory.empty()) resources["memory"] = std::move(memory);
  if (!pids.empty()) resources["pids"] = std::move(pids);
  std::string input = json::serialize(resources);
  CLEAT_TRY(auto output,
            run(Command{.argv = {settings_.runtime, "--root", runtimeRoot(), "update", "--resources", "-", record.id}},
                {.input = input}));
  if (!output.succeeded())
    return fail(Status::internal("container update failed: " + runtimeErrorText(output.standardError)));
  return {};
}

Result<void> Containers::writeControl(const std::string& id, const std::string& name, const std::string& line) const {
  std::string path = folderOf(id) + "/" + name;
  // Without a reader, thus without a monitor, opening fails instead of waiting.
  Fd fifo(open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  if (!fifo || write(fifo.get(), line.data(), line.size()) != ssize_t(line.size()))
    return fail(systemError("cannot tell the monitor of container " + id, errno));
  return {};
}

Result<void> Containers::reopenLog(const ContainerRecord& record) const {
  return writeControl(record.id, "ctl", "2 0 0\n");
}

Result<void> Containers::resizeTerminal(const std::string& id, int width, int height) const {
  return writeControl(id, "winsz", std::to_string(height) + " " + std::to_string(width) + "\n");
}

}  // namespace cleat::runtime
