// SPDX-License-Identifier: Apache-2.0
#include "proxy/sharing.h"

#include <utility>

#include "base/log.h"

namespace weir::proxy {
namespace {

// Of the files that are this blob: a peer is not worth more questions to the hub.
constexpr size_t kMostNames = 8;

}  // namespace

// Lives on the asker's loop.
class HubSharing::Inquiry : public Sharing::Question {
 public:
  Inquiry(HubSharing& sharing, const Sha256& digest, Loop& loop, Answer answer)
      : sharing_(sharing),
        loop_(loop),
        answer_(std::move(answer)),
        task_(sharing.parts_.disk.submit<Findings>(
            loop, [&sharing, digest] { return sharing.look(digest); },
            [this](Findings found) { on_found(std::move(found)); })) {}

 private:
  void on_found(Findings found) {
    urls_ = std::move(found.urls);
    if (found.is_public) return end(true);
    ask_next();
  }

  void ask_next() {
    if (urls_.empty()) return end(false);
    auto url = std::move(urls_.back());
    urls_.pop_back();
    sharing_.parts_.fetches.ask_public(url, loop_, [this, alive = std::weak_ptr<bool>(alive_)](bool is_public) {
      if (alive.expired()) return;
      if (is_public) return end(true);
      ask_next();
    });
  }

  // The answer may destroy this.
  void end(bool is_public) {
    auto answer = std::move(answer_);
    answer(is_public);
  }

  HubSharing& sharing_;
  Loop& loop_;
  Answer answer_;
  std::vector<std::string> urls_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  DiskTask task_;
};

std::unique_ptr<Sharing::Question> HubSharing::ask(const Sha256& digest, Loop& loop, Answer answer) {
  return std::make_unique<Inquiry>(*this, digest, loop, std::move(answer));
}

HubSharing::Findings HubSharing::look(const Sha256& digest) {
  parts_.catalog.flush();
  auto names = hub::names_of_blob(parts_.catalog_file, digest, kMostNames);
  if (!names) {
    log::error("looking for what is blob {}: {}", digest.hex(), names.error().message);
    return {};
  }
  Findings found;
  auto now = monotonic_now();
  for (auto& [file, commit, blob] : *names) {
    hub::RepoName repo{file.type, file.repo};
    if (parts_.memory.access().is_fresh(hub::Asker{}, repo, hub::Right::all_files, now)) return {true, {}};
    if (!commit.empty()) file.revision = commit;
    found.urls.push_back("https://" + parts_.hub + hub::resolve_path(file));
  }
  return found;
}

}  // namespace weir::proxy
