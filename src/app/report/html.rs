//! The page as one HTML file: no script, no link, nothing to load.

use super::page::{Block, Grid, Page, Tile, escaped};

/// Screen in light and dark, and one A4 sheet a currency on paper.
const STYLE: &str = include_str!("style.css");

/// Returns the whole document.
pub(super) fn document(page: &Page) -> String {
    let title = escaped(&page.title);
    let subtitle = escaped(&page.subtitle);
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<header>\n<h1>{title}</h1>\n\
         <p>{subtitle}</p>\n</header>\n"
    );
    write_blocks(&mut html, &page.blocks);
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

fn write_blocks(html: &mut String, blocks: &[Block]) {
    for block in blocks {
        write_block(html, block);
    }
}

fn write_block(html: &mut String, block: &Block) {
    match block {
        Block::Section(heading) => element(html, "h2", heading),
        Block::Heading(heading) => element(html, "h3", heading),
        Block::Text(paragraph) => element(html, "p", paragraph),
        Block::Tiles(tiles) => write_tiles(html, tiles),
        Block::Picture(picture) => {
            html.push_str("<figure>\n");
            html.push_str(&picture.inline());
            html.push_str("</figure>\n");
        }
        Block::Grid(grid) => write_grid(html, grid),
        Block::Points(points) => {
            html.push_str("<ul>\n");
            for point in points {
                element(html, "li", point);
            }
            html.push_str("</ul>\n");
        }
        Block::Facts(facts) => {
            html.push_str("<dl>\n");
            for (name, value) in facts {
                element(html, "dt", name);
                element(html, "dd", value);
            }
            html.push_str("</dl>\n");
        }
        Block::Beside(columns) => {
            html.push_str("<div class=\"beside\">\n");
            for column in columns {
                html.push_str("<div>\n");
                write_blocks(html, column);
                html.push_str("</div>\n");
            }
            html.push_str("</div>\n");
        }
    }
}

fn write_tiles(html: &mut String, tiles: &[Tile]) {
    html.push_str("<ul class=\"tiles\">\n");
    for tile in tiles {
        html.push_str("<li><span>");
        html.push_str(&escaped(&tile.name));
        html.push_str("</span> <strong>");
        html.push_str(&escaped(&tile.value));
        html.push_str("</strong> <small>");
        html.push_str(&escaped(&tile.remark));
        html.push_str("</small></li>\n");
    }
    html.push_str("</ul>\n");
}

fn write_grid(html: &mut String, grid: &Grid) {
    let class = |column: usize| {
        if column < grid.text_columns {
            ""
        } else {
            " class=\"number\""
        }
    };
    html.push_str("<div class=\"table\"><table>\n<caption>");
    html.push_str(&escaped(&grid.caption));
    html.push_str("</caption>\n<thead><tr>");
    for (column, name) in grid.header.iter().enumerate() {
        html.push_str(&format!(
            "<th scope=\"col\"{}>{}</th>",
            class(column),
            escaped(name)
        ));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for cells in &grid.rows {
        html.push_str("<tr>");
        for (column, cell) in cells.iter().enumerate() {
            let cell = escaped(cell);
            if column == 0 {
                html.push_str(&format!("<th scope=\"row\">{cell}</th>"));
            } else {
                html.push_str(&format!("<td{}>{cell}</td>", class(column)));
            }
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody>\n</table></div>\n");
}

/// Writes a text within a tag.
fn element(html: &mut String, tag: &str, text: &str) {
    html.push_str(&format!("<{tag}>{}</{tag}>\n", escaped(text)));
}
