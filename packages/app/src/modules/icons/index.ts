export { iconsModule } from './iconsModule';
export { kindIcons } from './kindIcons';
