// Runs containers as plain processes of the machine: an image is a folder of programs, and nothing keeps one container
// from another. What a node's agent asks of a runtime is all here but exec with a terminal, attach and port forwarding.
#include <cleat/schema/role/runtime.interface.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/process.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <memory>

#include "processes.h"

namespace {

using namespace cleat;
using State = Processes::State;

// How long nextEvents waits and how often it looks. When the plugin is replaced the new one begins when the old one's
// calls have ended, so none of them is to be long.
constexpr std::chrono::milliseconds kWaitAtMost{3000}, kLookEvery{200};

class MyPlugin : public RuntimePlugin {
 public:
  using RuntimePlugin::RuntimePlugin;

  Task<Result<void>> start() override {
    processes_ = std::make_shared<Processes>(config().dataDir(), config().string("images"));
    CLEAT_CO_TRY(processes_->prepare());
    running_ = runningNow();
    // No cursor of another process is one of this.
    cursor_ = static_cast<uint64_t>(context().wallNow().time_since_epoch().count());
    co_return Result<void>();
  }

  Task<Result<void>> status(Call<role::RuntimeStatus>& call) override {
    call.results().setReady(true);
    call.results().setName("my-plugin");
    call.results().setVersion("0.1.0");
    call.results().setNetworksItself(true);  // pods have the machine's network
    co_return Result<void>();
  }

  // -- Sandboxes: a folder each --

  Task<Result<void>> runSandbox(role::SandboxConfig::Reader asked, Call<role::SandboxResults>& call) override {
    const std::string id = concat(view(asked.getPodUid()), "-", asked.getAttempt());
    const std::string folder = processes_->sandboxFolder(id);
    CLEAT_CO_TRY(makeFolders(folder));
    CLEAT_CO_TRY(makeFolders(str(asked.getLogDirectory())));
    CLEAT_CO_TRY(store<role::SandboxConfig>(folder + "/config", asked));
    write(id, asked, call.results().initSandbox());
    co_return Result<void>();
  }

  Task<Result<void>> listSandboxes(Call<role::ListSandboxesResults>& call) override {
    const std::vector<std::string> ids = processes_->sandboxes();
    auto list = call.results().initSandboxes(static_cast<unsigned>(ids.size()));
    for (unsigned i = 0; i < list.size(); ++i) {
      CLEAT_CO_TRY(const auto asked, load<role::SandboxConfig>(processes_->sandboxFolder(ids[i]) + "/config"));
      write(ids[i], *asked, list[i]);
    }
    co_return Result<void>();
  }

  Task<Result<void>> stopSandbox(role::SandboxParams::Reader params, Call<void>&) override {
    const std::string id = str(params.getSandboxId());
    for (const std::string& container : containersOf(id)) {
      auto stopped = co_await stopNow(container, 0);
      if (!stopped) co_return stopped;
    }
    const std::string folder = processes_->sandboxFolder(id);
    if (writtenAtNs(folder + "/config") == 0) co_return Result<void>();
    co_return writeFile(folder + "/stopped", "");
  }

  Task<Result<void>> removeSandbox(role::SandboxParams::Reader params, Call<void>& call) override {
    const std::string id = str(params.getSandboxId());
    auto stopped = co_await stopSandbox(params, call);
    if (!stopped) co_return stopped;
    for (const std::string& container : containersOf(id)) CLEAT_CO_TRY(removeTree(processes_->folder(container)));
    co_return removeTree(processes_->sandboxFolder(id));
  }

  // -- Containers --

  Task<Result<void>> createContainer(role::ContainerConfig::Reader asked, Call<role::ContainerResults>& call) override {
    CLEAT_CO_TRY(processes_->commandLine(asked));
    const std::string id = concat(view(asked.getSandboxId()), "-", view(asked.getName()), "-", asked.getAttempt());
    const std::string folder = processes_->folder(id);
    CLEAT_CO_TRY(makeFolders(folder));
    CLEAT_CO_TRY(store<role::ContainerConfig>(folder + "/config", asked));
    call.results().setContainerId(id);
    co_return Result<void>();
  }

  Task<Result<void>> startContainer(role::ContainerParams::Reader params, Call<void>&) override {
    const std::string id = str(params.getContainerId());
    CLEAT_CO_TRY(const auto asked, load<role::ContainerConfig>(processes_->folder(id) + "/config"));
    const std::string sandbox = processes_->sandboxFolder(view((*asked).getSandboxId()));
    CLEAT_CO_TRY(const auto pod, load<role::SandboxConfig>(sandbox + "/config"));
    auto work = [all = processes_, id, logs = str((*pod).getLogDirectory())] { return all->start(id, logs); };
    auto started = co_await context().blocking(work);
    running_.push_back(id);
    co_return started;
  }

  Task<Result<void>> stopContainer(role::StopContainerParams::Reader params, Call<void>&) override {
    return stopNow(str(params.getContainerId()), params.getTimeoutSeconds());
  }

  Task<Result<void>> removeContainer(role::ContainerParams::Reader params, Call<void>&) override {
    const std::string id = str(params.getContainerId());
    auto stopped = co_await stopNow(id, 0);
    if (!stopped) co_return stopped;
    co_return removeTree(processes_->folder(id));
  }

  Task<Result<void>> listContainers(Call<role::ListContainersResults>& call) override {
    const std::vector<std::string> ids = processes_->containers();
    auto list = call.results().initContainers(static_cast<unsigned>(ids.size()));
    for (unsigned i = 0; i < list.size(); ++i) {
      CLEAT_CO_TRY(const auto asked, load<role::ContainerConfig>(processes_->folder(ids[i]) + "/config"));
      write(ids[i], *asked, list[i]);
    }
    co_return Result<void>();
  }

  Task<Result<void>> execSync(role::ExecSyncParams::Reader params, Call<role::ExecSyncResults>& call) override {
    CLEAT_CO_TRY(const auto asked,
                 load<role::ContainerConfig>(processes_->folder(view(params.getContainerId())) + "/config"));
    std::vector<std::string> command;
    for (auto part : params.getCommand()) command.push_back(str(part));
    CLEAT_CO_TRY(const Command line, commandOf(*asked, std::move(command)));
    const RunOptions options{
        .timeoutMs = params.getTimeoutSeconds() > 0 ? static_cast<int>(params.getTimeoutSeconds() * 1000) : 30000,
        .outputLimit = 16u << 10};
    auto work = [line, options] { return run(line, options); };
    auto output = co_await context().blocking(work);
    if (!output) co_return fail(output.error());
    call.results().setExitCode(output->exitCode);
    call.results().setTimedOut(output->timedOut);
    call.results().setStdout(dataOf(output->standardOutput));
    call.results().setStderr(dataOf(output->standardError));
    co_return Result<void>();
  }

  // Waits until a container has ended that ran before.
  Task<Result<void>> nextEvents(role::NextEventsParams::Reader params, Call<role::NextEventsResults>& call) override {
    const bool known = params.getCursor() == 0 || params.getCursor() == cursor_;
    const Instant until = std::min(context().now() + kWaitAtMost, call.deadline() - kLookEvery);
    std::vector<std::string> ended;
    while (known && ended.empty() && context().now() < until && !call.cancelled()) {
      co_await context().sleep(kLookEvery);
      std::erase_if(running_, [&](const std::string& id) {
        if (processes_->stateOf(id) == State::running) return false;
        ended.push_back(id);
        return true;
      });
    }
    cursor_ += ended.empty() ? 0 : 1;
    auto results = call.results();
    results.setCursor(cursor_);
    results.setLost(!known);
    auto events = results.initEvents(static_cast<unsigned>(ended.size()));
    for (unsigned i = 0; i < events.size(); ++i) {
      events[i].setType("ContainerExited");
      events[i].setContainerId(ended[i]);
    }
    co_return Result<void>();
  }

  // -- Images: folders that the operator has put there --

  Task<Result<void>> pullImage(role::PullImageParams::Reader params, Call<role::ImageResults>& call) override {
    return answerImage(str(params.getImage()), call);
  }
  Task<Result<void>> imageStatus(role::ImageParams::Reader params, Call<role::ImageResults>& call) override {
    return answerImage(str(params.getImage()), call);
  }
  Task<Result<void>> listImages(Call<role::ListImagesResults>& call) override {
    CLEAT_CO_TRY(const std::vector<std::string> names, listFolder(config().string("images")));
    auto list = call.results().initImages(static_cast<unsigned>(names.size()));
    for (unsigned i = 0; i < list.size(); ++i) write(names[i], list[i]);
    co_return Result<void>();
  }

 private:
  // Work that waits is done off the strand, with what it needs in its own hands.
  Task<Result<void>> stopNow(std::string id, int64_t seconds) {
    auto work = [all = processes_, id, seconds] { return all->stop(id, seconds); };
    auto stopped = co_await context().blocking(work);
    co_return stopped;
  }

  Task<Result<void>> answerImage(std::string image, Call<role::ImageResults>& call) {
    CLEAT_CO_TRY(processes_->imageFolder(image));
    write(image, call.results().initImage());
    co_return Result<void>();
  }
  static void write(const std::string& image, role::Image::Builder to) {
    to.setId(image);
    to.initNames(1).set(0, image);
  }

  Result<Command> commandOf(role::ContainerConfig::Reader asked, std::vector<std::string> other) const {
    CLEAT_TRY(std::vector<std::string> line, processes_->commandLine(asked, std::move(other)));
    return Command{.argv = std::move(line)};
  }

  std::vector<std::string> containersOf(std::string_view sandbox) const {
    std::vector<std::string> found;
    for (const std::string& id : processes_->containers()) {
      auto asked = load<role::ContainerConfig>(processes_->folder(id) + "/config");
      if (asked && view((**asked).getSandboxId()) == sandbox) found.push_back(id);
    }
    return found;
  }
  std::vector<std::string> runningNow() const {
    std::vector<std::string> ids = processes_->containers();
    std::erase_if(ids, [&](const std::string& id) { return processes_->stateOf(id) != State::running; });
    return ids;
  }

  void write(const std::string& id, role::SandboxConfig::Reader asked, role::Sandbox::Builder to) const {
    const std::string folder = processes_->sandboxFolder(id);
    to.setId(id);
    to.setPodNamespace(asked.getPodNamespace());
    to.setPodName(asked.getPodName());
    to.setPodUid(asked.getPodUid());
    to.setAttempt(asked.getAttempt());
    to.setReady(writtenAtNs(folder + "/stopped") == 0);
    to.setCreatedAtNs(writtenAtNs(folder + "/config"));
    to.initAddresses(1).set(0, config().server().address);
    to.setLabels(asked.getLabels());
    to.setAnnotations(asked.getAnnotations());
  }
  void write(const std::string& id, role::ContainerConfig::Reader asked, role::Container::Builder to) const {
    const std::string folder = processes_->folder(id);
    const State state = processes_->stateOf(id);
    to.setId(id);
    to.setSandboxId(asked.getSandboxId());
    to.setName(asked.getName());
    to.setAttempt(asked.getAttempt());
    to.setImage(asked.getImage());
    to.setImageId(asked.getImage());
    to.setLabels(asked.getLabels());
    to.setAnnotations(asked.getAnnotations());
    to.setCreatedAtNs(writtenAtNs(folder + "/config"));
    to.setStartedAtNs(writtenAtNs(folder + "/pid"));
    if (auto pod = load<role::SandboxConfig>(processes_->sandboxFolder(view(asked.getSandboxId())) + "/config")) {
      to.setLogPath(concat(view((**pod).getLogDirectory()), "/", view(asked.getLogPath())));
    }
    to.setState(state == State::running   ? role::ContainerState::RUNNING
                : state == State::created ? role::ContainerState::CREATED
                                          : role::ContainerState::EXITED);
    to.setPid(static_cast<uint32_t>(processes_->pidOf(id)));
    if (state != State::exited) return;
    to.setExitCode(processes_->exitCodeOf(id));
    to.setFinishedAtNs(std::max(writtenAtNs(folder + "/exit"), writtenAtNs(folder + "/pid")));
  }

  std::shared_ptr<Processes> processes_;  // shared with work that goes on when the plugin has ended
  std::vector<std::string> running_;      // whose end is to be told
  uint64_t cursor_ = 0;
};

}  // namespace

CLEAT_PLUGIN(MyPlugin, .name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "runtime",
             .configSchema = "images string /srv/images # a folder that has one for each image\n");
// The host knows by this what the role can be asked, as no other plugin that fills it need be there.
CLEAT_BRINGS(cleat::role::runtime);
