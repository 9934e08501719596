// SPDX-License-Identifier: Apache-2.0
#include "cli/refetch.h"

#include "cas/disk.h"
#include "cas/layout.h"
#include "http/target.h"

namespace weir::cli {
namespace {

Result<void> download(const HubClient& client, const BlobName& name) {
  TRY_ASSIGN(auto url, client.url_of(resolve_target(name)));
  // Whether the bytes were right shows in the store.
  auto drop = [](const http::ResponseHead&, std::string_view) { return Result<void>(); };
  TRY_ASSIGN(auto answer, client.ask("GET", url, Redirects::all, drop));
  if (answer.head.status != 200) return fail(refusal_of(answer.head));
  return {};
}

}  // namespace

std::string resolve_target(const BlobName& name) {
  // A slash within a revision ("refs/pr/1") would begin the path.
  return "/" + http::percent_encode(name.repo, "/") + "/resolve/" + http::percent_encode(name.revision) + "/" +
         http::percent_encode(name.path, "/");
}

Result<void> refetch(const HubClient& client, const std::filesystem::path& store_root, const StoredBlob& blob) {
  if (blob.names.empty()) return fail(ErrorCode::invalid, "Weir knows no name of it");
  Error last{ErrorCode::io, "its names stand for other files by now"};
  for (const auto& name : blob.names) {
    auto downloaded = download(client, name);
    if (!downloaded) last = downloaded.error();
    if (cas::is_plain_file(cas::Layout(store_root).object(blob.digest))) return {};
  }
  return fail(std::move(last));
}

}  // namespace weir::cli
