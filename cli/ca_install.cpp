// SPDX-License-Identifier: Apache-2.0
#include "cli/ca_install.h"

namespace weir::cli {
namespace {

constexpr char kNeedsTool[] =
    "the browsers' stores need certutil: install libnss3-tools (Debian, Ubuntu) or nss-tools (Fedora, RHEL), and try "
    "again";

void note_system(InstallReport& report, const std::string& file, const Result<Change>& change, const char* verb,
                 const std::string& as_root) {
  if (!change) {
    report.problems.push_back("the system's store: " + change.error().message);
  } else if (*change == Change::not_tried) {
    report.problems.push_back("the system's store needs root; type: " + as_root);
  } else if (*change == Change::made) {
    report.done.push_back(std::string(verb) + " " + file + ", and the system's bundle is up to date");
  } else {
    report.done.push_back(file + " was there already");
  }
}

void add_to_system(InstallReport& report, const TrustStores& stores, const TrustedCertificate& certificate,
                   const std::string& as_root) {
  if (!stores.system) {
    report.problems.push_back(
        "this system has neither update-ca-certificates nor update-ca-trust: give the certificate (weir ca path) to "
        "its store by hand");
    return;
  }
  note_system(report, stores.system->file_of(certificate).string(), stores.system->add(certificate), "added", as_root);
}

// certutil is looked for only where there is a database.
bool can_reach_browsers(InstallReport& report, const TrustStores& stores) {
  if (stores.browser_databases.empty()) return false;
  bool has_tool = BrowserStore::has_tool();
  if (!has_tool) report.problems.push_back(kNeedsTool);
  return has_tool;
}

}  // namespace

InstallReport install(const TrustStores& stores, const TrustedCertificate& certificate, const std::string& as_root) {
  InstallReport report;
  add_to_system(report, stores, certificate, as_root);
  if (stores.browser_databases.empty()) report.done.push_back("no browser's store was found for this user");
  if (!can_reach_browsers(report, stores)) return report;
  for (const auto& database : stores.browser_databases) {
    auto change = BrowserStore(database).add(certificate);
    if (!change) {
      report.problems.push_back(database.string() + ": " + change.error().message);
    } else {
      report.done.push_back((*change == Change::made ? "added to " : "was there already: ") + database.string());
    }
  }
  return report;
}

InstallReport uninstall(const TrustStores& stores, const std::vector<TrustedCertificate>& certificates,
                        const std::string& as_root) {
  InstallReport report;
  bool browsers = can_reach_browsers(report, stores);
  for (const auto& certificate : certificates) {
    if (stores.system) {
      auto change = stores.system->remove(certificate);
      bool found = !change || *change != Change::not_needed;
      if (found) note_system(report, stores.system->file_of(certificate).string(), change, "removed", as_root);
    }
    if (!browsers) continue;
    for (const auto& database : stores.browser_databases) {
      auto change = BrowserStore(database).remove(certificate);
      if (!change) report.problems.push_back(database.string() + ": " + change.error().message);
      if (change && *change == Change::made) report.done.push_back("removed from " + database.string());
    }
  }
  if (report == InstallReport{}) report.done.push_back("nothing of Weir's is installed");
  return report;
}

}  // namespace weir::cli
