// SPDX-License-Identifier: Apache-2.0
#include "cli/file_puller.h"

#include <sys/stat.h>

#include <algorithm>

#include "cas/disk.h"
#include "cas/layout.h"
#include "cli/hub_tree.h"
#include "cli/verdict_request.h"

namespace weir::cli {
namespace {

// A regular file is stored behind the end of its answer.
constexpr Duration kDepositTimeout{15'000};
constexpr Duration kRecheck{20};

Result<void> drop(const http::ResponseHead&, std::string_view) {
  return {};
}

// Bytes that a download which was cut left on the disk.
uint64_t bytes_of_partial(const PullTask& task, const TreeFile& file) {
  struct stat status {};
  if (!file.sha256 || ::stat(cas::Layout(task.store_root).partial(*file.sha256).c_str(), &status) != 0) return 0;
  return std::min(static_cast<uint64_t>(status.st_blocks) * 512, file.size);
}

}  // namespace

FilePuller::FilePuller(const HubClient& client, const PullTask& task, DiskRoom& room, const StopSwitch& stop)
    : client_(client), task_(task), room_(room), stop_(stop) {
  if (!task.to.empty()) output_.emplace(task.to, stop);
}

PullTally FilePuller::tally() const {
  return {files_, from_hub_, held_};
}

Result<void> FilePuller::pull(const TreeFile& file) {
  auto pulled = [&]() -> Result<void> {
    TRY_ASSIGN(auto found, find(file, task_.commit));
    auto kept = keep(file, found);
    // What the store could not keep may stand in the folder nevertheless.
    bool goes_on = kept || (kept.error().code != ErrorCode::cancelled && kept.error().code != ErrorCode::no_space);
    if (output_ && goes_on) TRY(write_out(file, found.url));
    return kept;
  }();
  if (pulled || pulled.error().code != ErrorCode::cancelled) ++files_;
  return pulled;
}

Result<void> FilePuller::ask_by_revision(const TreeFile& file) {
  TRY_ASSIGN(auto found, find(file, task_.repo.revision));
  return {};
}

Result<void> FilePuller::keep(const TreeFile& file, const Found& found) {
  bool sound = found.held;
  if (found.held && task_.held != HeldFiles::trust) {
    TRY_ASSIGN(sound, is_sound(file));
    if (!sound && task_.held == HeldFiles::verify)
      return fail(ErrorCode::digest_mismatch, "its stored bytes were wrong; --fix downloads it again");
  }
  if (!sound) return download(file, found.url);
  held_ += file.size;
  return {};
}

Result<FilePuller::Found> FilePuller::find(const TreeFile& file, const std::string& revision) const {
  TRY_ASSIGN(auto url, client_.url_of(file_target(task_.repo.type, task_.repo.repo, revision, file.path)));
  TRY_ASSIGN(auto answer, client_.ask("HEAD", std::move(url), Redirects::relative, drop));
  // A file too large for plain clients is behind a redirect to the CDN; whether it is held shows there alone.
  bool elsewhere = answer.head.status >= 300 && answer.head.status <= 399;
  if (answer.head.status != 200 && !elsewhere) return fail(refusal_of(answer.head));
  return Found{std::move(answer.url), !elsewhere && is_from_store(answer.head.fields)};
}

Result<bool> FilePuller::is_sound(const TreeFile& file) const {
  auto digest = file.sha256;
  if (auto regular = task_.regular_files.find(file.path); !digest && regular != task_.regular_files.end())
    digest = regular->second;
  if (!digest) return true;
  auto unreadable = task_.held == HeldFiles::fix ? IfUnreadable::quarantine : IfUnreadable::leave;
  TRY_ASSIGN(auto verdict, ask_verdict(client_.access().proxy, *digest, unreadable, stop_.fd()));
  return verdict == cas::Verdict::right;
}

Result<void> FilePuller::download(const TreeFile& file, const http::Url& url) {
  TRY_ASSIGN(auto promise, room_.promise(file.size - bytes_of_partial(task_, file)));
  uint64_t received = 0;
  std::atomic<uint64_t>* counter = nullptr;
  auto count = [&](const http::ResponseHead& head, std::string_view bytes) -> Result<void> {
    if (!counter) counter = is_from_store(head.fields) ? &held_ : &from_hub_;
    *counter += bytes.size();
    received += bytes.size();
    promise.took(bytes.size());
    return {};
  };
  auto answer = client_.ask("GET", url, Redirects::all, count);
  bool whole = answer && answer->head.status == 200 && received == file.size;
  // Only what is there counts.
  if (!whole && counter) *counter -= received;
  if (!answer) return fail(answer.error());
  if (answer->head.status != 200) return fail(refusal_of(answer->head));
  if (!whole) return fail(ErrorCode::origin, "it came with another length than the hub's list says");
  // Of an empty LFS file there is nothing to hold: the hub's answer is all.
  bool nothing = file.sha256 && file.size == 0;
  return nothing ? Result<void>() : wait_until_held(file);
}

Result<void> FilePuller::wait_until_held(const TreeFile& file) const {
  auto deadline = monotonic_now() + kDepositTimeout;
  for (;;) {
    if (file.sha256 && cas::is_plain_file(cas::Layout(task_.store_root).object(*file.sha256))) return {};
    TRY_ASSIGN(auto found, find(file, task_.commit));
    if (found.held) return {};
    if (monotonic_now() > deadline)
      return fail(ErrorCode::io, "it came, but the store did not keep it; weir status or the proxy's log says why");
    if (stop_.sleep(kRecheck)) return fail(ErrorCode::cancelled, "stopped");
  }
}

Result<void> FilePuller::write_out(const TreeFile& file, const http::Url& url) const {
  TRY_ASSIGN(bool there, output_->holds(file));
  if (there) return {};
  if (file.sha256) {
    auto object = cas::open_existing(cas::Layout(task_.store_root).object(*file.sha256), cas::Access::read);
    if (object && object->found == cas::Found::plain) return output_->copy(file, object->fd.get());
  }
  TRY_ASSIGN(auto made, output_->begin(file));
  auto write = [&](const http::ResponseHead&, std::string_view bytes) { return made.write(bytes); };
  TRY_ASSIGN(auto answer, client_.ask("GET", url, Redirects::all, write));
  if (answer.head.status != 200) return fail(refusal_of(answer.head));
  return made.commit();
}

}  // namespace weir::cli
