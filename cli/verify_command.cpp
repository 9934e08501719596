// SPDX-License-Identifier: Apache-2.0
// weir verify
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>

#include "base/log.h"
#include "cli/borrowed_proxy.h"
#include "cli/command.h"
#include "cli/hub_client.h"
#include "cli/refetch.h"
#include "cli/store_access.h"
#include "cli/store_contents.h"
#include "cli/verdict_request.h"
#include "cli/verification.h"

namespace weir::cli {
namespace {

// What a verification, the scrub or a client has found so long ago counts as found now.
constexpr std::chrono::hours kFoundLately{24};

struct VerifyOptions {
  ConfigChoice config;
  std::string sample = "100%";
  bool fix = false;
  bool json = false;
};

// How one blob is verified, by the proxy that owns the store or by this process.
using Verify = std::function<Result<cas::Verdict>(const Sha256& digest)>;

Verify by_server(const ProxyContact& contact, IfUnreadable unreadable) {
  return [contact, unreadable](const Sha256& digest) { return ask_verdict(contact, digest, unreadable); };
}

Verify by_this_process(cas::BlobStore& store) {
  return [&store](const Sha256& digest) { return store.verify(digest); };
}

uint64_t bytes_of(const std::vector<StoredBlob>& blobs) {
  uint64_t bytes = 0;
  for (const auto& blob : blobs) bytes += blob.size;
  return bytes;
}

Result<Verification> verify_all(const std::vector<StoredBlob>& blobs, const Verify& verify) {
  bool shows = ::isatty(STDERR_FILENO) == 1;
  auto all_bytes = bytes_of(blobs);
  Verification done;
  for (const auto& blob : blobs) {
    if (shows) fmt::print(stderr, "\r\033[K{}", progress_line(done.blobs, blobs.size(), done.bytes, all_bytes));
    auto verdict = verify(blob.digest);
    if (!verdict) {
      if (shows) fmt::print(stderr, "\n");
      return fail(verdict.error());
    }
    // It went meanwhile: nothing is wrong with that.
    if (*verdict == cas::Verdict::absent) continue;
    done.blobs += 1;
    done.bytes += blob.size;
    if (*verdict != cas::Verdict::right) done.findings.push_back({blob, *verdict, ""});
  }
  if (shows) fmt::print(stderr, "\r\033[K");
  return done;
}

// After the blobs were read: a proxy writes down what it learns a little later.
Result<void> name_findings(const config::Config& config, Verification& verification) {
  std::vector<StoredBlob> blobs;
  for (const auto& finding : verification.findings) blobs.push_back(finding.blob);
  TRY(add_names(config.store.root, blobs));
  for (size_t i = 0; i < blobs.size(); ++i) verification.findings[i].blob = std::move(blobs[i]);
  return {};
}

// What is in quarantine since lately and was not downloaded again, where Weir knows a name of it.
Result<void> add_found_lately(const config::Config& config, Verification& verification) {
  TRY_ASSIGN(auto blobs, list_quarantined(config.store.root, wall_now() - kFoundLately));
  TRY(add_names(config.store.root, blobs));
  for (auto& blob : blobs) {
    auto same = [&](const Finding& finding) { return finding.blob.digest == blob.digest; };
    bool is_known = std::any_of(verification.findings.begin(), verification.findings.end(), same);
    if (!blob.names.empty() && !is_known) verification.findings.push_back({std::move(blob), cas::Verdict::wrong, ""});
  }
  return {};
}

Result<void> repair(const config::Config& config, const ProxyContact& contact, Verification& verification) {
  TRY_ASSIGN(auto hub, hub_access(config, contact, current_environment()));
  HubClient client(std::move(hub));
  for (auto& finding : verification.findings) {
    auto fetched = refetch(client, config.store.root, finding.blob);
    finding.repair =
        fetched ? "fetched again" : "not fetched again, the next download will: " + fetched.error().message;
  }
  return {};
}

Verify by_who_owns(const config::Config& config, const StoreAccess& access) {
  if (!access.server) return by_this_process(*access.store);
  return by_server(contact_of(config, *access.server->address), IfUnreadable::leave);
}

// With a proxy that runs already, or that runs as long as this takes.
Result<Verification> verify_and_fix(const config::Config& config, const std::vector<StoredBlob>& blobs) {
  TRY_ASSIGN(auto proxy, borrow_proxy(config));
  TRY_ASSIGN(auto verification, verify_all(blobs, by_server(proxy.contact, IfUnreadable::quarantine)));
  TRY(name_findings(config, verification));
  TRY(add_found_lately(config, verification));
  TRY(repair(config, proxy.contact, verification));
  return verification;
}

Result<Verification> find_damage(const config::Config& config, const VerifyOptions& options) {
  TRY_ASSIGN(auto sample, parse_sample(options.sample));
  TRY(check_store(config.store.root));
  TRY_ASSIGN(auto all, list_blobs(config.store.root));
  std::mt19937_64 random(std::random_device{}());
  auto blobs = choose(std::move(all), sample, random);
  if (options.fix) return verify_and_fix(config, blobs);
  if (blobs.empty()) return Verification{};
  TRY_ASSIGN(auto access, reach_store(config, NoStore::refuse));
  TRY_ASSIGN(auto verification, verify_all(blobs, by_who_owns(config, access)));
  TRY(name_findings(config, verification));
  return verification;
}

Result<int> verify(const config::Config& config, const VerifyOptions& options) {
  log::set_level(log::Level::error);
  TRY_ASSIGN(auto verification, find_damage(config, options));
  fmt::print("{}", options.json ? verification_json(verification) : verification_text(verification));
  return verification.findings.empty() ? kDone : kFailed;
}

}  // namespace

void add_verify(Command& weir) {
  auto options = std::make_shared<VerifyOptions>();
  auto command = add_config_command(
      weir, "verify",
      "Read all blobs again and compare them with their names; 1 is the exit code when some are not right", options,
      verify);
  command.flag("--fix", options->fix,
               "Download again what is not right, where Weir knows a name of it (with your token of the hub's tools)");
  command.option("--sample", options->sample, "Only a random share (5%), or one part of several (3/20)");
  command.flag("--json", options->json, "As JSON");
}

}  // namespace weir::cli
