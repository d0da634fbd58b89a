// audit-log: keeps the audit log in a file, an event a line.
#include <cleat/schema/role/audit.role.h>
#include <cleat/sdk/roles.h>

#include <memory>

#include "audit-log/log_file.h"

namespace cleat::audit {

class AuditLog : public RolePlugin<role::AuditRole> {
 public:
  using RolePlugin::RolePlugin;

  Task<Result<void>> start() override {
    constexpr uint64_t kMegabyte = 1'000'000;
    constexpr int64_t kHoursOfADay = 24;
    LogFileOptions options;
    options.path = config().string("file");
    if (options.path.empty()) options.path = concat(config().dataDir(), "/audit.log");
    options.mostBytes = static_cast<uint64_t>(std::max<int64_t>(config().integer("max_size_megabytes"), 0)) * kMegabyte;
    options.mostBackups = static_cast<size_t>(std::max<int64_t>(config().integer("max_backups"), 0));
    options.longestKept = std::chrono::hours(std::max<int64_t>(config().integer("max_age_days"), 0) * kHoursOfADay);
    file_ = std::make_shared<LogFile>(std::move(options));
    // One that cannot be opened is said at the start.
    auto opening = context().blocking([file = file_] { return file->append(""); });
    co_return co_await std::move(opening);
  }

  Task<Result<void>> write(role::WriteAuditParams::Reader params, Call<void>&) override {
    std::string text;
    for (auto event : params.getEvents()) text += concat(event, "\n");
    auto writing = context().blocking([file = file_, text = std::move(text)] { return file->append(text); });
    const Result<void> written = co_await std::move(writing);
    context().report(written ? std::string() : written.error().message);
    co_return written;
  }

 private:
  std::shared_ptr<LogFile> file_;
};

}  // namespace cleat::audit

CLEAT_PLUGIN(cleat::audit::AuditLog, .name = "audit-log", .version = "0.1.0", .maturity = "alpha", .roles = "audit",
             .configSchema =
                 "file string # where it is kept; empty: audit.log in the plugin's folder\n"
                 "max_size_megabytes int 100 # after which a new one is begun; 0: never\n"
                 "max_backups int 10 # how many earlier ones are kept; 0: all\n"
                 "max_age_days int 30 # for how long; 0: for ever\n");
