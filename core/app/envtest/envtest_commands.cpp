#include "core/app/envtest/envtest_commands.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "core/app/envtest/api_server_flags.h"
#include "core/app/envtest/etcd_stand_in.h"
#include "core/app/installation.h"
#include "core/app/pki.h"
#include "core/app/run_roles.h"

namespace cleat::app {
namespace {

namespace fs = std::filesystem;

int complainOf(const Status& status) {
  std::fprintf(stderr, "cleat: %s\n", status.message.c_str());
  return 1;
}

bool asksForHelp(const std::vector<std::string>& arguments) {
  return std::ranges::any_of(arguments, [](const std::string& one) { return one == "--help" || one == "-h"; });
}

void nameWithoutEffect(const char* program, const std::vector<std::string>& flags) {
  for (const std::string& flag : flags) std::fprintf(stderr, "%s: --%s changes nothing here\n", program, flag.c_str());
}

// For a shell: nothing in it means anything.
std::string shellQuoted(const std::string& text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

Result<void> writeLauncher(const std::string& folder, const char* name, const std::string& command) {
  return writeFile(concat(folder, "/", name), concat("#!/bin/sh\nexec ", command, " \"$@\"\n"), 0755);
}

// The program of this name in PATH that is not in `except`; empty: there is none.
std::string programInPath(const char* name, const fs::path& except) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path ? path : "";
  while (!rest.empty()) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
    const fs::path file = fs::path(folder) / name;
    std::error_code error;
    if (!folder.empty() && fs::is_regular_file(file, error) && !fs::equivalent(fs::path(folder), except, error))
      return file;
  }
  return {};
}

// The key that signs tokens is put where the server has its own. Only tokens that it has signed itself are believed, so
// all keys to check them with have to be this one.
Result<void> adoptSigningKey(const ApiServerFlags& flags) {
  if (flags.signingKey.empty()) return {};
  const std::string folder = flags.settings.dataDir + "/pki";
  CLEAT_TRY(makePrivateFolder(folder));
  CLEAT_TRY(const std::string key, readFile(flags.signingKey));
  CLEAT_TRY(const std::string own, publicKeyOf(key));
  for (const std::string& file : flags.checkingKeys) {
    CLEAT_TRY(const std::string text, readFile(file));
    Result<std::string> other = publicKeyOf(text);
    if (!other || *other != own) {
      return fail(
          Status::badRequest(concat("kube-apiserver: --service-account-key-file: ", file,
                                    other ? " is not the public half of " : " holds no key that could be that of ",
                                    flags.signingKey, "; other keys are not believed here")));
    }
  }
  CLEAT_TRY(writeFile(folder + "/sa.key", key, 0600, Sync::no));
  return writeFile(folder + "/sa.pub", own, 0644, Sync::no);
}

}  // namespace

int writeLaunchersCommand(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (error) return complainOf(Status::internal(concat(folder, ": ", error.message())));
  const std::string cleat = shellQuoted(program.string());
  Result<void> wrote = writeLauncher(folder, "kube-apiserver", cleat + " envtest-apiserver");
  if (wrote) wrote = writeLauncher(folder, "etcd", cleat + " envtest-etcd");
  const std::string kubectl = programInPath("kubectl", folder);
  if (wrote && !kubectl.empty()) wrote = writeLauncher(folder, "kubectl", shellQuoted(kubectl));
  if (!wrote) return complainOf(wrote.error());
  if (kubectl.empty())
    std::fprintf(stderr, "cleat: there is no kubectl in PATH, so there is none in %s\n", folder.c_str());
  std::printf("export KUBEBUILDER_ASSETS=%s\n", fs::absolute(folder).lexically_normal().c_str());
  return 0;
}

int runApiServerStandIn(const std::vector<std::string>& arguments) {
  if (asksForHelp(arguments)) return std::fputs(apiServerHelp().c_str(), stdout) < 0;
  Result<ApiServerFlags> flags = readApiServerFlags(arguments);
  if (!flags) return complainOf(flags.error());
  nameWithoutEffect("kube-apiserver", flags->withoutEffect);
  Result<std::string> dataDir = askForDataDir(flags->etcd);
  if (!dataDir) return complainOf(dataDir.error());
  flags->settings.dataDir = *dataDir + "/cleat";
  flags->settings.given.isForTests = true;
  Result<void> adopted = makePrivateFolder(flags->settings.dataDir);
  if (adopted) adopted = adoptSigningKey(*flags);
  if (!adopted) return complainOf(adopted.error());
  return runServer(std::move(flags->settings));
}

int runEtcdStandIn(const std::vector<std::string>& arguments) {
  if (asksForHelp(arguments)) return std::fputs(etcdHelp().c_str(), stdout) < 0;
  Result<EtcdFlags> flags = readEtcdFlags(arguments);
  if (!flags) return complainOf(flags.error());
  std::error_code error;
  fs::create_directories(flags->dataDir, error);
  const SignalsToWaitFor signals;
  auto standIn = EtcdStandIn::listen(flags->listen, fs::absolute(flags->dataDir, error).string());
  if (!standIn) return complainOf(standIn.error());
  (*standIn)->serve(signals.descriptor());
  return 0;
}

}  // namespace cleat::app
