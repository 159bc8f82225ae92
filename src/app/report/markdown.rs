//! The page as Markdown, with its pictures as files beside it.

use super::page::{Block, Grid, Page};

/// The name of a picture's file.
pub(super) fn file_name(stem: &str, picture: &str) -> String {
    format!("{stem}-{picture}.svg")
}

/// Returns the whole page; columns come one below the other.
pub(super) fn document(page: &Page, stem: &str) -> String {
    let mut text = format!("# {}\n\n{}\n", escaped(&page.title), escaped(&page.subtitle));
    write_blocks(&mut text, &page.blocks, stem);
    text
}

fn write_blocks(text: &mut String, blocks: &[Block], stem: &str) {
    for block in blocks {
        // Columns are no block of their own here: those in them are.
        if !matches!(block, Block::Beside(_)) {
            text.push('\n');
        }
        write_block(text, block, stem);
    }
}

fn write_block(text: &mut String, block: &Block, stem: &str) {
    match block {
        Block::Section(heading) => line(text, &format!("## {}", escaped(heading))),
        Block::Heading(heading) => line(text, &format!("### {}", escaped(heading))),
        Block::Text(paragraph) => line(text, &escaped(paragraph)),
        Block::Tiles(tiles) => {
            for tile in tiles {
                let parts = [&tile.name, &tile.value, &tile.remark].map(|part| escaped(part));
                line(text, &format!("- {}: **{}** ({})", parts[0], parts[1], parts[2]));
            }
        }
        Block::Picture(picture) => {
            let target = file_name(stem, &picture.name).replace(' ', "%20");
            line(text, &format!("![{}]({target})", escaped(&picture.title)));
        }
        Block::Grid(grid) => write_grid(text, grid),
        Block::Points(points) => {
            for point in points {
                line(text, &format!("- {}", escaped(point)));
            }
        }
        Block::Facts(facts) => {
            for (name, value) in facts {
                line(text, &format!("- {}: {}", escaped(name), escaped(value)));
            }
        }
        Block::Beside(columns) => {
            for column in columns {
                write_blocks(text, column, stem);
            }
        }
    }
}

fn write_grid(text: &mut String, grid: &Grid) {
    line(text, &format!("**{}**\n", escaped(&grid.caption)));
    row(text, &grid.header);
    let marks: Vec<String> = (0..grid.header.len())
        .map(|column| if column < grid.text_columns { "---" } else { "---:" }.to_owned())
        .collect();
    line(text, &format!("| {} |", marks.join(" | ")));
    for cells in &grid.rows {
        row(text, cells);
    }
}

fn row(text: &mut String, cells: &[String]) {
    let shown: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
    line(text, &format!("| {} |", shown.join(" | ")));
}

fn line(text: &mut String, content: &str) {
    text.push_str(content);
    text.push('\n');
}

/// Returns text that Markdown shows as it is: nothing in it starts markup, HTML or a link.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '|' | '*' | '`' | '[' | ']' => {
                escaped.push('\\');
                escaped.push(character);
            }
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn markup_in_a_name_is_shown_and_not_followed() {
        assert_eq!(escaped("<b>|[x](y)*`\n"), "&lt;b&gt;\\|\\[x\\](y)\\*\\` ");
    }
}
