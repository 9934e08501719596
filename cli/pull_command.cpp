// SPDX-License-Identifier: Apache-2.0
// weir pull
#include <fmt/core.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <optional>

#include "base/log.h"
#include "cli/borrowed_proxy.h"
#include "cli/command.h"
#include "cli/hub_client.h"
#include "cli/local_http.h"
#include "cli/pull_plan.h"
#include "cli/pull_run.h"
#include "cli/repo_lister.h"
#include "cli/source_report.h"
#include "cli/store_contents.h"
#include "config/values.h"
#include "hub/catalog_database.h"

namespace weir::cli {
namespace {

// As shells count a command that a signal ended.
constexpr int kSignalBase = 128;

struct PullOptions {
  ConfigChoice config;
  std::string repo;
  std::string repo_type;
  std::string revision;
  FileChoice choice;
  std::string min_free;
  std::string to;
  bool verify = false;
  bool fix = false;
};

Result<uint64_t> parse_min_free(const std::string& text) {
  if (text.empty()) return uint64_t{0};
  bool unit = text.find_first_not_of("0123456789") != std::string::npos;
  auto bytes = config::parse_size(unit ? text : text + "B");
  if (!bytes) return fail(ErrorCode::invalid, "--min-free: expected a size such as 20GiB, or a number of bytes");
  return *bytes;
}

HeldFiles held_files(const PullOptions& options) {
  if (options.fix) return HeldFiles::fix;
  return options.verify ? HeldFiles::verify : HeldFiles::trust;
}

// Under which digests the store holds the files that the hub names by git ids.
Result<std::map<std::string, Sha256>> digests_in_catalog(const config::Config& config, const PullTask& task) {
  std::map<std::string, Sha256> digests;
  TRY(hub::for_each_file_of(catalog_path(config.store.root), task.repo.type, task.repo.repo,
                            [&](const hub::NamedFile& named) {
                              if (named.commit == task.commit || named.file.revision == task.commit)
                                digests.emplace(named.file.path, named.blob.digest);
                            }));
  return digests;
}

void tell_pause(Duration pause) {
  // Behind the line that shows how far it is.
  if (::isatty(STDERR_FILENO) == 1) fmt::print(stderr, "\r\033[K");
  complain(fmt::format("the hub asks for a pause: it goes on in {}",
                       show_time_left(static_cast<uint64_t>(pause.count()) / 1000)));
}

int stopped_by(int signal) {
  complain("stopped; run the same command again and it goes on where it was");
  return kSignalBase + signal;
}

// What the proxy says of its sources; "" where it does not tell it to us.  What others download meanwhile counts too.
std::string sources_page(const ProxyContact& proxy) {
  constexpr Duration kTimeout{5'000};
  auto answer = local_get(proxy, "/-/sources", kTimeout);
  return answer && answer->status == 200 ? answer->body : "";
}

// What was pulled, in words; the exit code.
int report(const PullEnd& end, const std::string& sources, int signal) {
  fmt::print(stderr, "{}", failure_lines(end.failures));
  fmt::print("{}{}", pull_summary(end.tally, end.failures.size(), end.took), sources);
  if (end.out_of_room) complain(end.out_of_room->message);
  if (!end.all_tried && !end.out_of_room) return stopped_by(signal);
  return end.all_tried && end.failures.empty() ? kDone : kFailed;
}

Result<int> pull_with(const PullOptions& options, const config::Config& config, const ProxyContact& proxy,
                      PullTask task) {
  TRY_ASSIGN(auto min_free, parse_min_free(options.min_free));
  TRY_ASSIGN(auto access, hub_access(config, proxy, current_environment()));
  TRY_ASSIGN(auto stop, StopSwitch::make());
  StopOnSignals signals(stop);
  HubClient client(std::move(access), stop.fd(), tell_pause);

  auto contents = list_repo(client, task.repo);
  if (!contents && contents.error().code == ErrorCode::cancelled) return stopped_by(signals.caught());
  if (!contents) return fail(contents.error());
  task.commit = contents->commit;
  auto plan = plan_pull(std::move(contents->files), options.choice);
  if (!plan) return fail(plan.error().in(task.repo.text()));
  if (task.held != HeldFiles::trust) {
    TRY_ASSIGN(task.regular_files, digests_in_catalog(config, task));
  }

  DiskRoom room(config.store.root, min_free);
  FilePuller puller(client, task, room, stop);
  if (plan->files() > 0 && !hub::is_commit(task.repo.revision)) {
    // No failure: the file itself comes next, and has its own.
    (void)puller.ask_by_revision(plan->small.empty() ? plan->large.front() : plan->small.front());
  }
  auto before = sources_page(proxy);
  auto end = run_pull(puller, *plan, room, stop);
  auto sources = sources_since(before, sources_page(proxy));
  return report(end, sources, signals.caught());
}

Result<int> pull(const config::Config& config, const PullOptions& options) {
  log::set_level(log::Level::error);
  TRY_ASSIGN(auto repo, parse_pulled_repo(options.repo, options.repo_type, options.revision));
  if (!options.choice.files.empty() && !(options.choice.include.empty() && options.choice.exclude.empty()))
    return fail(ErrorCode::invalid, "name files, or choose them by --include and --exclude, but not both");
  // Connections of several threads would set it back for each other.
  std::signal(SIGPIPE, SIG_IGN);
  PullTask task;
  task.repo = std::move(repo);
  task.held = held_files(options);
  task.store_root = config.store.root;
  task.to = options.to;
  TRY_ASSIGN(auto proxy, borrow_proxy(config));
  return pull_with(options, config, proxy.contact, std::move(task));
}

}  // namespace

void add_pull(Command& weir) {
  auto options = std::make_shared<PullOptions>();
  auto command = add_config_command(
      weir, "pull", "Bring the files of a repository into the store, and go on where it was", options, pull);
  command.operand("REPO", options->repo, "org/model, org/model@main, datasets/org/name, spaces/org/name", "REPO")
      .required();
  command.operand("FILE", options->choice.files, "These files alone, by their paths", "FILE");
  command.option("--repo-type", options->repo_type, "model, dataset or space", "TYPE");
  command.option("--revision", options->revision, "A branch, a tag or a commit, over main", "REVISION");
  command.option("--include", options->choice.include, "Only files that fit, as for hf download; may be repeated",
                 "GLOB");
  command.option("--exclude", options->choice.exclude, "No files that fit; may be repeated", "GLOB");
  command.option("--min-free", options->min_free, "Stop before the store's disk has less room left than that", "SIZE");
  command.flag("--verify", options->verify, "Hash files again that the store holds already");
  command.flag("--fix", options->fix, "The same, and download again what was wrong");
  command.option("--to", options->to, "Write the files to this folder, too", "DIR");
}

}  // namespace weir::cli
