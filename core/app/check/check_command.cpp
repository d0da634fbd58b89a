#include "core/app/check/check_command.h"

#include <cleat/sdk/mutex.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <latch>
#include <thread>

#include "core/app/check/check_run.h"
#include "core/app/check/static_checks.h"
#include "core/app/pki.h"
#include "core/host/isolation/confinement.h"

namespace cleat::app {
namespace {

int cannotCheck(const std::string& message) {
  std::fprintf(stderr, "cleat: %s\n", message.c_str());
  return 2;
}

// Those must not do here what they are for.
bool isOfMachines(const host::Manifest& manifest) {
  return std::ranges::any_of(manifest.roles, [](const std::string& role) {
    return role == "runtime" || role == "network" || role == "proxy" || role == "volume" || role == "device-driver";
  });
}

class Checker {
 public:
  Checker(const CheckOptions& options, const base::Config& config) : options_(options), config_(config) {}

  // What the files say, and no more.
  void lookAtAll() {
    for (const std::string& file : options_.files) checkOne(file, nullptr, nullptr);
  }

  // Several at once, on the executor's threads for work that blocks.
  void checkAll(CheckWorld& world, CheckLog& log) {
    const size_t jobs = std::min(atOnce(options_), options_.files.size());
    std::latch done(static_cast<std::ptrdiff_t>(jobs));
    for (size_t i = 0; i < jobs; ++i) {
      world.executor().postBlocking([&] {
        for (size_t at = next_++; at < options_.files.size(); at = next_++) checkOne(options_.files[at], &world, &log);
        done.count_down();
      });
    }
    done.wait();
  }

  static size_t atOnce(const CheckOptions& options) {
    return options.jobs > 0 ? options.jobs : std::max(1u, std::thread::hardware_concurrency());
  }

  size_t failed() const { return failed_; }

 private:
  void checkOne(const std::string& file, CheckWorld* world, CheckLog* log) {
    CheckReport report(file);
    auto subject = subjectOf(config_, file, options_.settings);
    if (!subject) {
      report.fail("load", subject.error().message);
    } else {
      report.setPlugin(concat(subject->manifest.name, " ", subject->manifest.version));
      report.ok("load", concat(subject->manifest.name, " ", subject->manifest.version, " can be loaded, ",
                               whereItRuns(*subject)));
      checkFile(*subject, report);
      if (world) run(std::move(*subject), *world, *log, report);
    }
    if (report.failures() > 0) ++failed_;
    MutexLock lock(printing_);
    std::fputs(report.text(options_.briefly).c_str(), stdout);
    std::fflush(stdout);
  }

  void run(CheckSubject subject, CheckWorld& world, CheckLog& log, CheckReport& report) {
    const bool machine = isOfMachines(subject.manifest);
    subject.spec.isolated = true;
    if (machine && !subject.spec.confinement) subject.spec.confinement.emplace();
    const bool decides = subject.manifest.fills("authorizer");
    auto cluster = CheckCluster::make(world, concat(world.folder(), "/store-", subject.manifest.name),
                                      {rightsIn(subject.manifest.grants), decides});
    if (!cluster) return report.fail("start", cluster.error().message);
    if (auto populated = (*cluster)->populate(); !populated) {
      return report.fail("objects", populated.error().message);
    }
    CheckedPlugin plugin(world, **cluster, std::move(subject), {});
    if (machine) {
      // Confined, it can do nothing to this machine; some cannot work like that.
      auto started = plugin.start();
      if (!started && started.error().message.find("was not ready within") == std::string::npos) {
        return report.skip(
            "start", concat("it looks after a machine, and does not start without one: ", started.error().message));
      }
      (void)plugin.stop();
    }
    CheckRun(plugin, report, log, options_.calls).run();
  }

  const CheckOptions& options_;
  const base::Config& config_;
  std::atomic<size_t> next_ = 0, failed_ = 0;
  Mutex printing_;
};

}  // namespace

int checkPluginsCommand(const CheckOptions& options) {
  auto config = base::loadConfig(options.configFile);
  if (!config) return cannotCheck(config.error().message);
  if (!options.settings.empty() && options.files.size() > 1) return cannotCheck("--toml is for one plugin at a time");
  Result<std::string> objects = std::string();
  if (!options.objectsFile.empty()) objects = readFile(options.objectsFile);
  if (!objects) return cannotCheck(objects.error().message);
  auto population = readPopulation(*objects);
  if (!population) return cannotCheck(population.error().message);
  Checker checker(options, *config);
  if (options.withoutRunning) {
    checker.lookAtAll();
  } else {
    CheckLog log;
    base::AsioExecutor executor({.blockingThreads = 16 + static_cast<int>(Checker::atOnce(options))});
    auto world = CheckWorld::make(executor, *config, std::move(*population));
    if (!world) return cannotCheck(concat("there is no cluster to check plugins in: ", world.error().message));
    checker.checkAll(**world, log);
  }
  if (options.files.size() > 1) std::printf("%zu plugins, %zu failed\n", options.files.size(), checker.failed());
  return checker.failed() > 0 ? 1 : 0;
}

}  // namespace cleat::app
