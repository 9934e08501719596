// SPDX-License-Identifier: Apache-2.0
#include "upstream/source_url.h"

#include <gtest/gtest.h>

namespace weir::upstream {
namespace {

const std::string kHex = "ab" + std::string("cd") + std::string(60, '1');
const std::string kCdnPath = "/repos/aa/bb/" + std::string(64, '9') + "/" + kHex;

BlobNames names() {
  return {*Sha256::from_hex(kHex), kCdnPath, hub::RepoFile{hub::RepoType::model, "org/name", "main", "a b/c.bin"}};
}

SourceOptions source(SourceKind kind, const std::string& url, const std::string& url_template = "{prefix}/{sha256}") {
  SourceOptions options;
  options.kind = kind;
  options.url = Secret(url);
  options.url_template = url_template;
  return options;
}

std::string url_of(const SourceOptions& options, const BlobNames& blob = names()) {
  auto url = source_url(options, blob);
  return url ? url->text() : "";
}

TEST(SourceUrlTest, templates_are_filled_in) {
  const std::string prefix = "https://link.storjshare.io/raw/access/bucket";
  struct {
    std::string url_template, url;
  } const cases[] = {{"{prefix}/{sha256}", prefix + "/" + kHex},
                     {"{prefix}/{sha256:0:2}/{sha256:2:2}/{sha256}", prefix + "/ab/cd/" + kHex},
                     {"{prefix}{cdn_path}", prefix + kCdnPath},
                     {"{prefix}/x{cdn_path}?download=1", prefix + "/x" + kCdnPath + "?download=1"}};
  for (const auto& each : cases) EXPECT_EQ(url_of(source(SourceKind::storj, prefix, each.url_template)), each.url);
}

TEST(SourceUrlTest, nothing_in_a_prefix_is_taken_for_a_part) {
  EXPECT_EQ(url_of(source(SourceKind::storj, "https://a.test/{sha256}")), "https://a.test/{sha256}/" + kHex);
}

TEST(SourceUrlTest, a_mirror_is_asked_by_resolve) {
  auto mirror = source(SourceKind::mirror, "https://mirror.test:8443/hub");
  EXPECT_EQ(url_of(mirror), "https://mirror.test:8443/hub/org/name/resolve/main/a%20b/c.bin");
  auto blob = names();
  blob.file->type = hub::RepoType::dataset;
  blob.file->revision = "refs/pr/1";
  EXPECT_EQ(url_of(mirror, blob), "https://mirror.test:8443/hub/datasets/org/name/resolve/refs%2Fpr%2F1/a%20b/c.bin");
}

TEST(SourceUrlTest, a_peer_is_asked_by_the_digest) {
  EXPECT_EQ(url_of(source(SourceKind::peer, "https://weir.test:9347")), "https://weir.test:9347/-/blob/sha256/" + kHex);
}

TEST(SourceUrlTest, nothing_where_the_blob_cannot_be_named) {
  auto blob = names();
  blob.file.reset();
  blob.cdn_path.clear();
  EXPECT_EQ(source_url(source(SourceKind::mirror, "https://mirror.test"), blob), std::nullopt);
  EXPECT_EQ(source_url(source(SourceKind::storj, "https://a.test", "{prefix}{cdn_path}"), blob), std::nullopt);
  EXPECT_EQ(source_url(origin_source(), names()), std::nullopt);
}

// --- what a request tells

JoinRequest request(const std::string& location, const std::string& asked) {
  JoinRequest request;
  request.digest = *Sha256::from_hex(kHex);
  request.source = http::parse_url(location).value();
  request.grant = hub::make_grant({}, hub::ResolveRequest{asked});
  return request;
}

TEST(BlobNamesTest, come_from_the_request) {
  auto names = names_of(request("https://cdn-lfs.hf.co" + kCdnPath + "?Signature=secret",
                                "https://huggingface.co/datasets/org/name/resolve/main/c.bin"));
  EXPECT_EQ(names.cdn_path, kCdnPath);
  EXPECT_EQ(names.file, (hub::RepoFile{hub::RepoType::dataset, "org/name", "main", "c.bin"}));
}

TEST(BlobNamesTest, a_path_of_the_cdn_without_the_digest_is_none) {
  EXPECT_EQ(names_of(request("https://cdn.hf.co/xet/" + std::string(64, '8'), "https://huggingface.co/x")).cdn_path,
            "");
}

TEST(BlobNamesTest, what_is_no_file_of_the_hub_has_no_name) {
  EXPECT_EQ(names_of(request("https://cdn.hf.co/a", "https://huggingface.co/api/models/org/name")).file, std::nullopt);
  auto by_lfs = request("https://cdn.hf.co/a", "https://huggingface.co/x");
  by_lfs.grant = hub::make_grant({}, hub::LfsRequest{"https://huggingface.co/x", by_lfs.digest, 1});
  EXPECT_EQ(names_of(by_lfs).file, std::nullopt);
  by_lfs.grant = nullptr;
  EXPECT_EQ(names_of(by_lfs).file, std::nullopt);
}

}  // namespace
}  // namespace weir::upstream
