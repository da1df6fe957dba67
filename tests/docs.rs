//! The console blocks of README and book are run, and what they print is compared.
//! `TRYCMD=overwrite cargo test --release --test docs` writes down what they print now.

#[test]
fn console_blocks_print_what_they_show() {
    trycmd::TestCases::new()
        .case("README.md")
        .case("book/src/*.md")
        .case("book/src/reference/*.md");
}
